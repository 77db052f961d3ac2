"""Values that stand in another parameter already: read on purpose, written down, never shown."""

from collections.abc import Collection, Mapping

from portal.core.names import ENVIRONMENTS
from portal.core.secrets import Secret
from portal.engine.audited import Deed, audited
from portal.engine.retry import reading
from portal.engine.world import Ports
from portal.errors import NotFound, RefusedError


async def borrowed(
    ports: Ports, sources: Mapping[str, str], environments: Collection[str]
) -> Mapping[str, Secret]:
    """By key the value of the parameter that `sources` names for it.

    Raises RefusedError for a parameter of another environment than those at work, NotFound for one that is
    not there.
    """
    for name in sources.values():
        _refuse_elsewhere(ports.settings.platform.parameter_prefix, name, environments)
    values: dict[str, Secret] = {}
    for key, name in sources.items():
        async with audited(ports, Deed("borrow", name, reason=f"value of {key}")) as deed:
            values[key] = await _value(ports, name, deed)
    return values


async def _value(ports: Ports, name: str, deed: Deed) -> Secret:
    found = await reading(lambda: ports.parameters.get([name]), clock=ports.clock, jitter=ports.jitter)
    if name not in found:
        raise NotFound("does not exist", system="ssm", operation="GetParameters", target=name)
    deed.version = found[name].version
    return found[name].value


def _refuse_elsewhere(prefix: str, name: str, environments: Collection[str]) -> None:
    """Work in one environment reads nothing of another."""
    segment = name.removeprefix(f"{prefix}/").partition("/")[0]
    if name.startswith(f"{prefix}/") and segment in ENVIRONMENTS and segment not in environments:
        raise RefusedError(
            f"it is a parameter of {segment}, and this is about {', '.join(sorted(environments))}",
            system="ssm",
            operation="borrow",
            target=name,
            hint="Give the value itself with --secrets-stdin.",
        )
