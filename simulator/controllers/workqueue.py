"""A keyed work queue: level-triggered, one worker per key at a time, failures retried ever slower."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from simulator.clock import Clock
from simulator.controllers.errors import ApiError, Conflict

K = TypeVar("K", bound=Hashable)

FIRST_DELAY = 0.2
LAST_DELAY = 60.0

_LOG = logging.getLogger(__name__)


class WorkQueue(Generic[K]):
    """Runs `reconcile(key)` for every key added; its result is the simulated seconds until the next look.

    A key added while it is being worked on is worked on once more afterwards. A result of None waits for the
    next `add`. ApiErrors and unforeseen exceptions put the key back with exponential back-off.
    """

    def __init__(
        self,
        clock: Clock,
        reconcile: Callable[[K], Awaitable[float | None]],
        *,
        name: str = "",
        workers: int = 4,
        first_delay: float = FIRST_DELAY,
        last_delay: float = LAST_DELAY,
    ) -> None:
        self._clock = clock
        self._reconcile = reconcile
        self._name = name or getattr(reconcile, "__qualname__", "reconcile")
        self._workers = workers
        self._first_delay = first_delay
        self._last_delay = last_delay
        self._ready: asyncio.Queue[K] = asyncio.Queue()
        self._waiting: set[K] = set()
        self._working: set[K] = set()
        self._failures: dict[K, int] = {}
        self._timers: dict[K, float] = {}
        self._group: asyncio.TaskGroup | None = None

    def add(self, key: K) -> None:
        """Have `key` reconciled soon; adding it twice before that counts once."""
        if key in self._waiting:
            return
        self._waiting.add(key)
        if key not in self._working:
            self._ready.put_nowait(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Have `key` reconciled after simulated `seconds`; of several timers of a key the earliest holds."""
        if seconds <= 0:
            self.add(key)
            return
        deadline = self._clock.monotonic() + seconds
        if key in self._timers and self._timers[key] <= deadline:
            return
        self._timers[key] = deadline
        if self._group is not None:
            self._group.create_task(self._ring(key, deadline))

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            try:
                for key, deadline in self._timers.items():
                    group.create_task(self._ring(key, deadline))
                for number in range(self._workers):
                    group.create_task(self._work(), name=f"{self._name}-{number}")
                await asyncio.Event().wait()
            finally:
                self._group = None

    async def _ring(self, key: K, deadline: float) -> None:
        await self._clock.sleep(deadline - self._clock.monotonic())
        if self._timers.get(key) == deadline:
            del self._timers[key]
            self.add(key)

    async def _work(self) -> None:
        while True:
            key = await self._ready.get()
            self._waiting.discard(key)
            self._working.add(key)
            try:
                await self._once(key)
            finally:
                self._working.discard(key)
                if key in self._waiting:
                    self._ready.put_nowait(key)

    async def _once(self, key: K) -> None:
        try:
            again = await self._reconcile(key)
        except Conflict as exc:
            _LOG.debug("%s %s: %s", self._name, key, exc)
            self._retry(key)
        except ApiError as exc:
            _LOG.warning("%s %s: %s", self._name, key, exc)
            self._retry(key)
        except Exception:  # noqa: BLE001 - a fault over one object must not stop the work on the others
            _LOG.exception("%s %s failed", self._name, key)
            self._retry(key)
        else:
            self._failures.pop(key, None)
            if again is not None:
                self.add_after(key, again)

    def _retry(self, key: K) -> None:
        failures = self._failures.get(key, 0)
        self._failures[key] = min(failures + 1, 32)
        self.add_after(key, min(self._last_delay, self._first_delay * 2**failures))
