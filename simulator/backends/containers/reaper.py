"""Ryuk: a container that removes what a run leaves in the engine once nobody holds its connection any more.

It works also when every process of the run was killed in the same instant. It is an addition: where it
cannot be had, the run's own processes remove what they made.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from simulator.backends.containers import community, container
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import Cause, ContainersUnavailable
from simulator.backends.containers.marks import RUN

_PORT = 8080
_SOCKET = "/var/run/docker.sock"
_READY_SECONDS = 20.0
_ANSWER_SECONDS = 2.0
_PAUSE_SECONDS = 0.1
_TIMEOUTS = {"RYUK_CONNECTION_TIMEOUT": "20s", "RYUK_RECONNECTION_TIMEOUT": "5s"}


@asynccontextmanager
async def running(engine: Engine, image: str, socket: str, log: Any) -> AsyncGenerator[container.Started]:
    """The reaper, minding this run, until the context ends; then it is removed itself, and removes nothing.

    `socket` is the engine's, as the engine's machine sees it. Raises ContainersUnavailable.
    """
    async with container.running(
        engine, lambda: _make(image, socket), name="reaper", log=log, reaper=True
    ) as started:
        writer = await _registered(started, f"label={RUN}={engine.marks.run_id}\r\n".encode())
        try:
            yield started
        finally:
            await started.remove()
            writer.close()


def _make(image: str, socket: str) -> Any:
    made = community.plain(image).with_exposed_ports(_PORT).with_volume_mapping(socket, _SOCKET, "rw")
    for name, value in _TIMEOUTS.items():
        made.with_env(name, value)
    return made.with_kwargs(auto_remove=True)


async def _registered(started: container.Started, line: bytes) -> asyncio.StreamWriter:
    """The connection over which it acknowledged our filter; an engine may accept before the reaper does."""
    ended = asyncio.ensure_future(started.exited())
    try:
        async with asyncio.timeout(_READY_SECONDS):
            while not ended.done():
                if (writer := await _attempt(started.port(_PORT), line)) is not None:
                    return writer
                await asyncio.wait([ended], timeout=_PAUSE_SECONDS)
    except TimeoutError:
        pass
    finally:
        ended.cancel()
    what = str(ended.result()) if ended.done() and not ended.cancelled() else "did not answer"
    raise ContainersUnavailable(Cause.OTHER, f"The reaper {what}; its log is {started.log}.")


async def _attempt(port: int, line: bytes) -> asyncio.StreamWriter | None:
    writer = None
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(_ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(container.LOOPBACK, port)
            writer.write(line)
            await writer.drain()
            if (await reader.readline()).strip() == b"ACK":
                return writer
    if writer is not None:
        writer.close()
    return None
