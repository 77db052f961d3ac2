"""The cluster's pulse: one cheap request every few seconds tells a quiet watch from a dead one.

While it fails, readers wait at its gate, so that a cluster that is away hears one request at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from portal.engine.fleet.health import SourceHealth
from portal.engine.fleet.waiting import either
from portal.errors import AccessDenied, PortalError, PrerequisiteError, Throttled
from portal.ports import Clock, Cluster

BEAT_SECONDS = 5.0
# A cluster that is away is asked after these, and then at the last of them: fifteen times a minute at most.
_REVIVE_SECONDS = (2.0, 4.0, 4.1)
# Logging in is a person's work: their credential plugin is not run more often than this.
_LOGIN_SECONDS = 8.0
# Whether it still is the same cluster is asked after every silence, and now and then.
_IDENTITY_BEATS = 12
# Lists that are read at a time: enough to keep a server busy while one of them is parsed.
_TURNS = 4


class Pulse:
    """Keeps one source's health; `beat` is told of every answer and every failure, `replaced` when another
    cluster answers than before.
    """

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        *,
        health: SourceHealth,
        jitter: Callable[[], float],
        beat: Callable[[], None],
        replaced: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._health = health
        self._jitter = jitter
        self._beat = beat
        self._replaced = replaced
        self._open = asyncio.Event()
        self._open.set()
        self._asked = asyncio.Event()
        self._turns = asyncio.Semaphore(_TURNS)
        self._identity = ""
        self._beats = 0

    async def passed(self) -> None:
        """Return once the cluster is not known to be away."""
        await self._open.wait()

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[None]:
        """One of a few turns to list."""
        async with self._turns:
            yield

    def ask(self) -> None:
        """Beat now."""
        self._asked.set()

    async def run(self) -> None:
        """Beat for ever."""
        streak = 0
        while True:
            self._asked.clear()
            try:
                await self._cluster.version()
                await self._recognise()
            except PortalError as exc:
                streak += 1
                wait = self._patience(exc, streak)
                self._beats = 0
                self._open.clear()
                self._health.failed(exc, self._clock.monotonic() + wait)
            else:
                streak, wait = 0, BEAT_SECONDS
                self._health.answered(self._clock.monotonic())
                self._open.set()
            self._beat()
            await either(self._clock.sleep(wait), self._asked.wait())

    def _patience(self, error: PortalError, streak: int) -> float:
        if isinstance(error, Throttled) and error.retry_after is not None:
            return error.retry_after + self._jitter()
        if isinstance(error, AccessDenied | PrerequisiteError):
            return _LOGIN_SECONDS
        return _REVIVE_SECONDS[min(streak, len(_REVIVE_SECONDS)) - 1] + 0.2 * self._jitter()

    async def _recognise(self) -> None:
        """Whether it is the cluster of before; where it may not be asked, its address has to do."""
        self._beats += 1
        if self._beats % _IDENTITY_BEATS != 1:
            return
        try:
            found = await self._cluster.identity()
        except AccessDenied:
            return
        before, self._identity = self._identity, found
        if before and found != before:
            self._replaced()
