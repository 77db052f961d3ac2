"""Backends whose end a world outlives, degraded: it is told, and they are started again when asked for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.failure import BackendFailed
from simulator.backends.process import last_lines

UP, DEGRADED = "up", "degraded"


@dataclass(frozen=True, slots=True)
class Living:
    """One life of a backend: where it answers, and how to learn that it ended, in words."""

    url: str
    ended: Callable[[], Awaitable[str]]
    log: Path
    version: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """`what` happened to it and the last lines of its log; both empty while it is up."""

    state: str
    what: str = ""
    last_lines: str = ""


@dataclass(frozen=True, slots=True)
class Healed:
    """What came of starting it again: `lost` in words, or what is in the way."""

    names: Sequence[str]
    lost: str
    failure: str = ""


class Kept:
    """Starts a backend, watches it, and starts it again when asked to, once it has ended.

    `changed` is called with its new life, or None, and its condition, in the order in which they come.
    """

    def __init__(
        self,
        names: Sequence[str],
        start: Callable[[], AbstractAsyncContextManager[Living]],
        changed: Callable[[Living | None, Condition], None],
        *,
        lost: str,
    ) -> None:
        """`names` are those of its rows; `lost` says in a sentence what does not survive a restart."""
        self.names: Sequence[str] = names
        self._start = start
        self._changed = changed
        self._lost = lost
        self._first: asyncio.Future[Living] = asyncio.get_running_loop().create_future()
        self._requests: asyncio.Queue[asyncio.Future[Living]] = asyncio.Queue()
        self._healing = asyncio.Lock()
        self._condition = Condition(UP)

    async def up(self) -> Living:
        """Its first life, once it has begun; raises what kept it from that."""
        return await asyncio.shield(self._first)

    async def last(self) -> None:
        """Let it live, again and again, until cancelled; raises what keeps it from its first life."""
        begin = self._first
        while True:
            try:
                async with self._start() as living:
                    self._become(living, Condition(UP))
                    begin.set_result(living)
                    what = await living.ended()
                    self._become(None, Condition(DEGRADED, what, last_lines(living.log)))
            except (BackendFailed, ContainersUnavailable) as exc:
                if begin is self._first and not begin.done():
                    begin.set_exception(exc)
                    raise
                if not begin.done():
                    self._become(None, Condition(DEGRADED, str(exc)))
                    begin.set_exception(exc)
            begin = await self._requests.get()

    async def heal(self) -> Healed | None:
        """Start it again when it has ended, and return once it answers or cannot; None when it is up."""
        async with self._healing:
            if self._condition.state == UP:
                return None
            begin: asyncio.Future[Living] = asyncio.get_running_loop().create_future()
            self._requests.put_nowait(begin)
            try:
                await begin
            except (BackendFailed, ContainersUnavailable) as exc:
                return Healed(self.names, "", str(exc))
            return Healed(self.names, self._lost)

    def _become(self, living: Living | None, condition: Condition) -> None:
        self._condition = condition
        self._changed(living, condition)
