"""Containers as processes of this machine.

What a container is given as arguments never becomes arguments of a real process, since it may hold secrets.
"""

import sys
from pathlib import Path

import simulator
from simulator.backends import process
from simulator.cache import valkey
from simulator.controllers.runtime import caching, images
from simulator.controllers.runtime.child import ProcessRunning
from simulator.controllers.runtime.images import Program
from simulator.controllers.runtime.interface import ALWAYS, NEVER, Launch, NotStarted, Pulling

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAUNCHER = Path(simulator.__file__).resolve().parent / "workload" / "launcher.py"


class ProcessRuntime:
    """Containers are child processes: the cache server for Dragonfly's images, the toy service for others."""

    version = "process://1.0"
    mounts = False
    real = True

    def __init__(self) -> None:
        self._pulled: set[str] = set()

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """Nothing is fetched, but an image is new to the node once; raises PullFailed."""
        images.check(image)
        if image in self._pulled and policy != ALWAYS:
            return False
        if policy == NEVER:
            raise images.never(image)
        images.pull(image, logins=await pulling())
        self._pulled.add(image)
        return True

    async def start(self, launch: Launch) -> "ProcessRunning":
        """The started process; raises NotStarted."""
        launch.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            if images.pull(launch.image) is Program.CACHE:
                return await caching.start(launch, _env(launch))
            return ProcessRunning(await _service(launch), launch.memory)
        except (OSError, valkey.NoCacheServer) as error:
            raise NotStarted(str(error)) from error

    async def forget(self, pod: str) -> None:
        """A process leaves nothing outside its pod's directory."""


async def _service(launch: Launch) -> process.Child:
    """The toy service learns its mode and its declared ports, and nothing else of its arguments."""
    mode = ["migrate"] if any("migrate" in word for word in [*launch.command, *launch.args]) else []
    argv = [sys.executable, "-I", str(LAUNCHER), *mode, *(str(port) for port in launch.ports)]
    return await process.start(argv, env=_env(launch), cwd=launch.directory, log=launch.log)


def _env(launch: Launch) -> dict[str, str]:
    """An image brings PATH and HOME; everything else comes from the API, which may replace these."""
    return {"PATH": PATH, "HOME": str(launch.directory), **launch.env}
