"""Virtual time: nothing passes until a test lets it."""

import asyncio
import heapq
from datetime import datetime, timedelta

from tests.core.assess.tenant import NOON

_TURNS = 60


class VirtualClock:
    """Starts at noon; `advance` wakes sleepers one by one, each at its own time."""

    def __init__(self) -> None:
        self._seconds = 1000.0
        self._start = self._seconds
        self._order = 0
        self._jumped = timedelta(0)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self._seconds - self._start) + self._jumped

    def jump(self, by: timedelta) -> None:
        """Set the wall's clock; what only grows does not notice."""
        self._jumped += by

    def sleep_through(self, seconds: float) -> None:
        """The machine sleeps: time passes, and nobody wakes in it."""
        self._seconds += seconds

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._seconds + seconds, self._order, future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, and everything that it wakes run until it sleeps again."""
        target = self._seconds + seconds
        await settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, due)
            if not future.done():
                future.set_result(None)
                await settle()
        self._seconds = target


async def settle() -> None:
    """Let every ready task run: with plain ports, a bounded number of turns brings all to rest."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
