"""A container that is one child process of this machine."""

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

from simulator.backends import process
from simulator.controllers.runtime.interface import Ended
from simulator.controllers.runtime.reach import accepts

STATM = Path("/proc/self/statm")
LOOK_SECONDS = 0.25
_PAGE = os.sysconf("SC_PAGE_SIZE")


def resident(pid: int) -> int:
    """Bytes of memory a process has; 0 for one that has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


class ProcessRunning:
    """One child process, killed where it takes more memory than it may; that can be seen on Linux alone."""

    def __init__(self, child: process.Child, memory: int | None = None) -> None:
        """`memory` is the most bytes it may have resident."""
        self._child = child
        self._out_of_memory = False
        watched = memory is not None and STATM.exists()
        self._watching = asyncio.create_task(self._watch(memory)) if watched and memory is not None else None

    @property
    def id(self) -> str:
        return f"process://{self._child.pid}"

    @property
    def alive(self) -> bool:
        return self._child.returncode is None

    async def wait(self) -> Ended:
        code = await self._child.wait()
        if self._watching is not None:
            self._watching.cancel()
        return Ended(128 - code if code < 0 else code, "OOMKilled" if self._out_of_memory else "")

    async def ask_to_end(self) -> None:
        self._child.send(signal.SIGTERM)

    async def kill(self) -> None:
        await self._child.stop(0)

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self.alive:
            await self._child.stop(0)

    async def _watch(self, memory: int) -> None:
        while self.alive:
            if resident(self._child.pid) > memory:
                self._out_of_memory = True
                self._child.send(signal.SIGKILL)
                return
            await asyncio.sleep(LOOK_SECONDS)

    async def accepts(self, port: int) -> bool:
        return await accepts(port)

    async def execute(self, command: Sequence[str]) -> None:
        """A process has no programs beside it."""

    async def known_as(self, names: frozenset[str]) -> None:
        """Processes find one another by the files of their pods."""
