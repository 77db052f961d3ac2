"""The cluster's pulse: one cheap request every few seconds tells a quiet watch from a dead one.

While it fails, readers wait at its gate, so that a cluster that is away hears one request at a time.
"""

import asyncio
from collections.abc import Callable

from portal.engine.fleet.health import SourceHealth
from portal.engine.retry import RetryPolicy
from portal.errors import PortalError, Throttled
from portal.ports import Clock, Cluster

BEAT_SECONDS = 5.0
REVIVE = RetryPolicy(base=1.0, cap=15.0)
_LONGEST_STREAK = 10


class Pulse:
    """Keeps one source's health; `beat` is told of every answer and every failure."""

    def __init__(
        self,
        cluster: Cluster,
        clock: Clock,
        *,
        health: SourceHealth,
        jitter: Callable[[], float],
        beat: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._clock = clock
        self._health = health
        self._jitter = jitter
        self._beat = beat
        self._open = asyncio.Event()
        self._open.set()

    async def passed(self) -> None:
        """Return once the cluster is not known to be away."""
        await self._open.wait()

    async def run(self) -> None:
        """Beat for ever."""
        streak = 0
        while True:
            try:
                await self._cluster.version()
            except PortalError as exc:
                streak = min(streak + 1, _LONGEST_STREAK)
                wait = REVIVE.delay(streak, self._jitter())
                if isinstance(exc, Throttled) and exc.retry_after is not None:
                    wait = exc.retry_after + self._jitter()
                self._open.clear()
                self._health.failed(exc, self._clock.monotonic() + wait)
            else:
                streak, wait = 0, BEAT_SECONDS
                self._health.answered(self._clock.monotonic())
                self._open.set()
            self._beat()
            await self._clock.sleep(wait)
