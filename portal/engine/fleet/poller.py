"""A source that cannot be watched is asked again and again, at its own pace and with its own back-off."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeAlias

from portal.core.facets import Absent, Denied, Facet, NeverLoaded, Present, Unknown
from portal.engine.fleet.health import SourceHealth
from portal.engine.fleet.waiting import either
from portal.engine.retry import RetryPolicy
from portal.errors import AccessDenied, RemoteError
from portal.ports import Clock

SLOW_DOWN = RetryPolicy(base=2.0, cap=60.0)
_LONGEST_STREAK = 10

# Reads once, stores what it saw, and hands back the facets it got.
Read: TypeAlias = Callable[[], Awaitable[Iterable[Facet[Any]]]]


class Poller:
    """Runs one reading every `interval` seconds for ever; failures stretch the interval."""

    def __init__(
        self,
        read: Read,
        interval: Callable[[], float],
        clock: Clock,
        *,
        health: SourceHealth,
        jitter: Callable[[], float],
        told: Callable[[], None],
    ) -> None:
        self._read = read
        self._interval = interval
        self._clock = clock
        self._health = health
        self._jitter = jitter
        self._told = told
        self._kicked = asyncio.Event()

    async def run(self) -> None:
        """Poll for ever. Every poll is spread a little, so that sources do not beat in step."""
        streak = 0
        while True:
            self._kicked.clear()
            facets = [facet for facet in await self._read() if not isinstance(facet, NeverLoaded)]
            error = _failure(facets)
            now = self._clock.monotonic()
            if error is None:
                streak = 0
                wait = self._interval() * (1.0 + 0.1 * self._jitter())
                if facets:
                    self._health.answered(now)
            else:
                streak = min(streak + 1, _LONGEST_STREAK)
                wait = max(SLOW_DOWN.delay(streak, self._jitter()), error.retry_after or 0.0)
                self._health.failed(error, now + wait)
            self._told()
            await self._rest(wait)

    def kick(self) -> None:
        """Poll again now, unless the source asked for patience."""
        if not self._health.failing:
            self._kicked.set()

    def ask(self) -> None:
        """Poll again now, because a person wants to know."""
        self._kicked.set()

    async def _rest(self, seconds: float) -> None:
        await either(self._clock.sleep(seconds), self._kicked.wait())


def _failure(facets: Iterable[Facet[Any]]) -> RemoteError | None:
    """The first facet that is no answer, as the error it stands for."""
    for facet in facets:
        if isinstance(facet, Present | Absent):
            continue
        if isinstance(facet, Denied):
            return AccessDenied(facet.reason, system=facet.source, operation="read")
        if not isinstance(facet, Unknown):
            return RemoteError("not read", system=facet.source, operation="read")
        wait = facet.retry_after
        return RemoteError(facet.reason, system=facet.source, operation="read", retry_after=wait)
    return None
