"""Named volumes of a run, and copies of what is in them."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from simulator.backends.containers import community, container
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import Cause, ContainersUnavailable

FROM, TO = "/from", "/to"
"""Where `work` shows two volumes to its program."""


async def make(engine: Engine, backend: str) -> str:
    """A volume with the run's marks, which lasts until `remove`; returns its name.

    One of that name is taken as it is. A cancelled caller leaves none. Raises ContainersUnavailable.
    """
    name = engine.marks.name(backend)
    labels = engine.marks.labels(backend)
    making = asyncio.ensure_future(
        engine.call(
            f"making the volume {name}",
            lambda client: client.volumes.create(name, driver="local", labels=labels),
        )
    )
    try:
        await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait([making])
        if making.exception() is None:
            await remove(engine, name)
        raise
    return name


async def work(
    engine: Engine,
    script: str,
    source: str,
    target: str,
    *,
    image: str,
    log: Path,
    values: Mapping[str, str] | None = None,
) -> None:
    """Run a shell script of the image, as root and without a network, with one volume at FROM and one at TO.

    The one at FROM can only be read, and containers may go on with it; `values` are environment variables.
    Raises ContainersUnavailable, also when the script fails.
    """

    def make() -> Any:
        made = community.plain(image).with_volume_mapping(source, FROM, "ro")
        made.with_volume_mapping(target, TO, "rw").with_envs(**(values or {}))
        return made.with_kwargs(entrypoint=["/bin/sh", "-ec", script], user="0:0", network_mode="none")

    name = target.removeprefix(engine.marks.name(""))
    async with container.running(engine, make, name=f"copy-to-{name}", log=log) as copying:
        ended = await copying.exited()
    if ended.status != 0:
        raise ContainersUnavailable(Cause.OTHER, f"copying to the volume {target} {ended}; see {log}.")


async def remove(engine: Engine, name: str) -> None:
    """Remove a volume no container uses; one that is gone is fine. Raises ContainersUnavailable."""

    def work(client: Any) -> None:
        import docker.errors  # noqa: PLC0415 - loaded when used

        try:
            client.api.remove_volume(name, force=True)
        except docker.errors.NotFound:
            return

    await engine.call(f"removing the volume {name}", work)
