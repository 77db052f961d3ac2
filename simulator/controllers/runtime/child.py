"""A container that is one child process of this machine."""

import signal
from collections.abc import Sequence

from simulator.backends import process
from simulator.controllers.runtime.interface import Ended
from simulator.controllers.runtime.reach import accepts


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
