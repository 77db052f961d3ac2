"""The cache of a pod: a server behind a front that says what Dragonfly's would, both of this machine."""

import asyncio
import re
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack

from simulator.backends import process
from simulator.cache import front, valkey
from simulator.controllers.runtime.announcing import announce
from simulator.controllers.runtime.child import ProcessRunning
from simulator.controllers.runtime.interface import Ended, Launch
from simulator.controllers.runtime.reach import HOST, accepts

CACHE_PORT = "6379"
FLAG_PREFIX = "DFLY_"
CACHE_SECONDS = 10.0
POLL_SECONDS = 0.02
_FLAG = re.compile(r"^--(?P<name>[\w-]+)=(?P<value>.*)$", re.DOTALL)


class CacheRunning(ProcessRunning):
    """The server's process; its front ends with it."""

    def __init__(self, child: process.Child, stack: AsyncExitStack) -> None:
        super().__init__(child)
        self._stack = stack

    async def wait(self) -> Ended:
        ended = await super().wait()
        await self._stack.aclose()
        return ended

    async def close(self) -> None:
        await super().close()
        await self._stack.aclose()


async def start(launch: Launch, env: Mapping[str, str]) -> CacheRunning:
    """The started cache, whose port is announced once it accepts connections; nothing of it is kept on disk.

    It gets its password by standard input, and the container's limit is the most its data may take.
    """
    flags = _flags(launch)
    data = launch.data or launch.directory / "data"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    (data / valkey.DUMP).unlink(missing_ok=True)
    port = _free_port()
    child = await process.start(
        valkey.arguments(port, data),
        env=env,
        cwd=launch.directory,
        log=launch.log,
        stdin=valkey.configuration(flags.get("requirepass", ""), launch.memory),
    )
    stack = AsyncExitStack()
    try:
        if await _accepts(child, port):
            fronted = await stack.enter_async_context(front.listening(port))
            announce(launch.directory, {flags.get("port", CACHE_PORT): fronted})
    except BaseException:
        await child.stop(0)
        await stack.aclose()
        raise
    return CacheRunning(child, stack)


def _flags(launch: Launch) -> dict[str, str]:
    """What the image's server would be told: `DFLY_name` of its environment, then `--name=value`."""
    given = {n.removeprefix(FLAG_PREFIX): v for n, v in launch.env.items() if n.startswith(FLAG_PREFIX)}
    words = [*launch.command, *launch.args]
    return given | {m["name"]: m["value"] for word in words if (m := _FLAG.match(word))}


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


async def _accepts(child: process.Child, port: int) -> bool:
    """Whether the port answers before the process ends or the time is over."""
    try:
        async with asyncio.timeout(CACHE_SECONDS):
            while child.returncode is None:
                if await accepts(port):
                    return True
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        return False
    return False
