"""Containers that are nothing but their state: for worlds of more pods than a machine has room for."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import count

from simulator.controllers.runtime import images
from simulator.controllers.runtime.interface import ALWAYS, NEVER, Ended, Launch, Pulling

KILLED = 137

Course = Callable[[Launch], Ended | None]
"""How a run ends, at once; None for one that lasts until it is asked to end."""


def usual(launch: Launch) -> Ended | None:
    """A migration is done at once and well, everything else lasts."""
    migrates = any("migrate" in word for word in [*launch.command, *launch.args])
    return Ended(0) if migrates else None


class ProcesslessRuntime:
    """No container serves anything: all of them are as ready as they are started, and log nothing."""

    version = "none://1.0"
    mounts = False
    real = False

    def __init__(self, course: Course = usual) -> None:
        self._course = course
        self._numbers = count(1)
        self._pulled: set[str] = set()

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """As with processes: nothing is fetched, but an image is new to the node once; raises PullFailed."""
        images.check(image)
        if image in self._pulled and policy != ALWAYS:
            return False
        if policy == NEVER:
            raise images.never(image)
        images.pull(image, logins=await pulling())
        self._pulled.add(image)
        return True

    async def start(self, launch: Launch) -> "ProcesslessRunning":
        return ProcesslessRunning(f"none://{next(self._numbers)}", self._course(launch))

    async def forget(self, pod: str) -> None:
        """Nothing was kept."""


class ProcesslessRunning:
    """One run: it has ended from the start, or ends when it is asked to."""

    def __init__(self, name: str, ended: Ended | None) -> None:
        self.id = name
        self._end: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        if ended is not None:
            self._end.set_result(ended)

    @property
    def alive(self) -> bool:
        return not self._end.done()

    async def wait(self) -> Ended:
        return await asyncio.shield(self._end)

    async def ask_to_end(self) -> None:
        self._ended(0)

    async def kill(self) -> None:
        self._ended(KILLED)

    async def close(self) -> None:
        self._ended(KILLED)

    async def accepts(self, port: int) -> bool:  # noqa: ARG002 - nobody listens anywhere
        return False

    async def execute(self, command: Sequence[str]) -> None:
        """There is nothing to run a program in."""

    async def known_as(self, names: frozenset[str]) -> None:
        """Nobody looks for it."""

    def _ended(self, status: int) -> None:
        if self.alive:
            self._end.set_result(Ended(status))
