"""The record of a rotation, as it stands in its parameter."""

from portal.core.rotation import Rotation
from portal.engine.world import Ports
from portal.errors import RefusedError


async def record_at(ports: Ports, name: str) -> Rotation | None:
    """None where there is none; raises RefusedError where something else stands there."""
    found = (await ports.parameters.get([name])).get(name)
    try:
        return Rotation.read(found.value) if found else None
    except ValueError as exc:
        raise RefusedError(
            f"{name} is no record of a rotation: {exc}",
            system="ssm",
            hint="Somebody else wrote it; move it away to go on.",
        ) from None
