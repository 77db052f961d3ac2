"""When a compute has been idle long enough to be put to sleep, as Neon counts it.

Bytes of a session start the count anew; an open session alone does not keep a compute awake, a running
statement or an open transaction does.
"""

import asyncio
from collections.abc import Awaitable, Callable

from simulator.clock import Clock
from simulator.neon.background import Background


class Idling:
    """Counts while armed, by the clock; calls `expired` at the end, and counts anew when that says so."""

    def __init__(
        self, clock: Clock, background: Background, name: str, expired: Callable[[], Awaitable[bool]]
    ) -> None:
        """`expired` returns whether the compute was still in use."""
        self._clock = clock
        self._background = background
        self._name = name
        self._expired = expired
        self._moved = clock.monotonic()
        self._timer: asyncio.Task[None] | None = None

    def moved(self) -> None:
        """The compute is in use at this moment."""
        self._moved = self._clock.monotonic()

    def quiet_for(self, seconds: float) -> bool:
        return self._clock.monotonic() - self._moved >= seconds

    def arm(self, seconds: float | None) -> None:
        """Count from now on; None never ends."""
        self.disarm()
        self.moved()
        if seconds is not None:
            self._timer = self._background.spawn(self._count(seconds), self._name)

    def disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _count(self, seconds: float) -> None:
        while True:
            left = self._moved + seconds - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
            elif not await self._outlived():
                return
            else:
                self.moved()

    async def _outlived(self) -> bool:
        """Whether it was in use; what puts the compute to sleep must not cancel itself by disarming."""
        timer, self._timer = self._timer, None
        in_use = await self._expired()
        if in_use and self._timer is None:
            self._timer = timer
            return True
        return False
