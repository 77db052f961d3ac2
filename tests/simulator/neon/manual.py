"""A clock that stands still until told to go on."""

import asyncio
import heapq
from datetime import UTC, datetime, timedelta

from tests.simulator.waiting import until


class ManualClock:
    """Simulated time moves by `advance` only; sleepers whose time has come wake in order."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._order = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._order += 1
        heapq.heappush(self._sleepers, (self._seconds + seconds, self._order, future))
        await future

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self._seconds += seconds
        while self._sleepers and self._sleepers[0][0] <= self._seconds:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)

    def waits_for(self, seconds: float) -> bool:
        """Whether somebody wakes exactly that far from now."""
        due = self._seconds + seconds
        return any(abs(at - due) < 1e-6 and not future.done() for at, _, future in self._sleepers)

    async def until_slept_on(self, seconds: float) -> None:
        """Return once somebody sleeps for that long."""
        await until(lambda: self.waits_for(seconds))
