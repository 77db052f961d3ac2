"""Things that happen by themselves at a moment of simulated time."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from simulator.clock import Clock
from simulator.neon.background import Background
from simulator.neon.refusals import Locked

_AGAIN_SECONDS = 5.0


class Timers:
    """One deadline per key; setting it again moves it."""

    def __init__(self, clock: Clock, background: Background) -> None:
        self._clock = clock
        self._background = background
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def set(self, key: str, moment: datetime | None, action: Callable[[], object]) -> None:
        """Call `action` at that moment, later while its project is locked; None is never."""
        self.cancel(key)
        if moment is not None:
            self._tasks[key] = self._background.spawn(self._wait(key, moment, action), f"timer of {key}")

    def cancel(self, key: str) -> None:
        """Forget the deadline of `key`, if it has one."""
        task = self._tasks.pop(key, None)
        if task is not None and task is not asyncio.current_task():
            task.cancel()

    async def _wait(self, key: str, moment: datetime, action: Callable[[], object]) -> None:
        await self._clock.sleep((moment - self._clock.now()) / timedelta(seconds=1))
        while True:
            try:
                action()
            except Locked:
                await self._clock.sleep(_AGAIN_SECONDS)
            else:
                break
        if self._tasks.get(key) is asyncio.current_task():
            del self._tasks[key]
