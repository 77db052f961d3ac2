"""Containers as processes of this machine.

What a container is given as arguments never becomes arguments of a real process, since it may hold secrets.
"""

import asyncio
import re
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import simulator
from simulator.backends import process
from simulator.cache import valkey
from simulator.controllers.runtime import images
from simulator.controllers.runtime.announcing import announce
from simulator.controllers.runtime.images import Program
from simulator.controllers.runtime.interface import ALWAYS, NEVER, Ended, Launch, NotStarted, Pulling
from simulator.controllers.runtime.reach import HOST, accepts

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAUNCHER = Path(simulator.__file__).resolve().parent / "workload" / "launcher.py"
CACHE_PORT = "6379"
FLAG_PREFIX = "DFLY_"
CACHE_SECONDS = 10.0
POLL_SECONDS = 0.02
_FLAG = re.compile(r"^--(?P<name>[\w-]+)=(?P<value>.*)$", re.DOTALL)


class ProcessRuntime:
    """Containers are child processes: the cache server for Dragonfly's images, the toy service for others."""

    version = "process://1.0"
    mounts = False

    def __init__(self) -> None:
        self._pulled: set[str] = set()

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """Nothing is fetched, but an image is new to the node once; raises PullFailed."""
        images.check(image)
        if image in self._pulled and policy != ALWAYS:
            return False
        if policy == NEVER:
            raise images.never(image)
        await pulling()
        images.pull(image)
        self._pulled.add(image)
        return True

    async def start(self, launch: Launch) -> "ProcessRunning":
        """The started process; raises NotStarted."""
        try:
            if images.pull(launch.image) is Program.CACHE:
                return ProcessRunning(await _cache(launch))
            return ProcessRunning(await _service(launch))
        except (OSError, valkey.NoCacheServer) as error:
            raise NotStarted(str(error)) from error

    async def forget(self, pod: str) -> None:
        """A process leaves nothing outside its pod's directory."""


class ProcessRunning:
    """One child process."""

    def __init__(self, child: process.Child) -> None:
        self._child = child

    @property
    def id(self) -> str:
        return f"process://{self._child.pid}"

    @property
    def alive(self) -> bool:
        return self._child.returncode is None

    async def wait(self) -> Ended:
        code = await self._child.wait()
        return Ended(128 - code if code < 0 else code)

    async def ask_to_end(self) -> None:
        self._child.send(signal.SIGTERM)

    async def kill(self) -> None:
        await self._child.stop(0)

    async def close(self) -> None:
        if self.alive:
            await self._child.stop(0)

    async def accepts(self, port: int) -> bool:
        return await accepts(port)

    async def execute(self, command: Sequence[str]) -> None:
        """A process has no programs beside it."""

    async def known_as(self, names: frozenset[str]) -> None:
        """Processes find one another by the files of their pods."""


async def _service(launch: Launch) -> process.Child:
    """The toy service learns its mode and its declared ports, and nothing else of its arguments."""
    mode = ["migrate"] if any("migrate" in word for word in [*launch.command, *launch.args]) else []
    argv = [sys.executable, "-I", str(LAUNCHER), *mode, *(str(port) for port in launch.ports)]
    return await process.start(argv, env=_env(launch), cwd=launch.directory, log=launch.log)


async def _cache(launch: Launch) -> process.Child:
    """The cache gets its password by standard input; its port is announced once it accepts connections."""
    flags = _flags(launch)
    data = launch.data or launch.directory / "data"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _free_port()
    password = flags.get("requirepass", "")
    child = await process.start(
        valkey.arguments(port, data),
        env=_env(launch),
        cwd=launch.directory,
        log=launch.log,
        stdin=valkey.configuration(password) if password else b"",
    )
    try:
        if await _accepts(child, port):
            announce(launch.directory, {flags.get("port", CACHE_PORT): port})
    except asyncio.CancelledError:
        await child.stop(0)
        raise
    return child


def _flags(launch: Launch) -> dict[str, str]:
    """What the image's server would be told: `DFLY_name` of its environment, then `--name=value`."""
    given = {n.removeprefix(FLAG_PREFIX): v for n, v in launch.env.items() if n.startswith(FLAG_PREFIX)}
    words = [*launch.command, *launch.args]
    return given | {m["name"]: m["value"] for word in words if (m := _FLAG.match(word))}


def _env(launch: Launch) -> dict[str, str]:
    """An image brings PATH and HOME; everything else comes from the API, which may replace these."""
    return {"PATH": PATH, "HOME": str(launch.directory), **launch.env}


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
