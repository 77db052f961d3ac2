"""One key at a time, many keys at once, failures retried ever slower, all by the simulated clock."""

import asyncio
from collections import Counter

from simulator.controllers.errors import ApiError
from simulator.controllers.workqueue import WorkQueue
from tests.simulator.controllers.clock import ManualClock
from tests.simulator.controllers.tasks import DEADLINE, background


class _Recorder:
    """A reconciler whose outcome per key is scripted; counts overlapping calls of one key."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.calls: list[tuple[str, float]] = []
        self.outcomes: dict[str, list[float | Exception | None]] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.active: Counter[str] = Counter()
        self.most_active = 0
        self.called = asyncio.Condition()

    async def __call__(self, key: str) -> float | None:
        self.active[key] += 1
        self.most_active = max(self.most_active, self.active[key])
        async with self.called:
            self.calls.append((key, self.clock.monotonic()))
            self.called.notify_all()
        await self.gate.wait()
        self.active[key] -= 1
        script = self.outcomes.get(key)
        outcome = script.pop(0) if script else None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def until(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE), self.called:
            await self.called.wait_for(lambda: len(self.calls) >= count)

    def times(self, key: str) -> list[float]:
        return [round(at, 3) for name, at in self.calls if name == key]


async def test_a_key_added_twice_before_it_is_worked_on_counts_once() -> None:
    clock = ManualClock()
    seen = _Recorder(clock)
    queue = WorkQueue[str](clock, seen)
    queue.add("a")
    queue.add("a")
    async with background(queue.run()):
        await seen.until(1)
        await clock.advance(100)
    assert seen.times("a") == [0.0]


async def test_a_key_changed_while_it_is_worked_on_is_worked_on_again_but_never_twice_at_once() -> None:
    clock = ManualClock()
    seen = _Recorder(clock)
    seen.gate.clear()
    queue = WorkQueue[str](clock, seen, workers=4)
    async with background(queue.run()):
        queue.add("a")
        await seen.until(1)
        queue.add("a")
        queue.add("a")
        queue.add("b")
        await seen.until(2)
        assert [key for key, _ in seen.calls] == ["a", "b"]
        seen.gate.set()
        await seen.until(3)
        await clock.advance(1)
    assert Counter(key for key, _ in seen.calls) == {"a": 2, "b": 1}
    assert seen.most_active == 1


async def test_failures_wait_twice_as_long_each_time_and_a_success_starts_over() -> None:
    clock = ManualClock()
    seen = _Recorder(clock)
    failure = ApiError(500, "InternalError", "no")
    seen.outcomes["a"] = [failure, ValueError("a defect"), failure, None, failure, None]
    queue = WorkQueue[str](clock, seen, first_delay=1, last_delay=3)
    async with background(queue.run()):
        queue.add("a")
        await seen.until(1)
        await clock.advance(50)
        assert seen.times("a") == [0, 1, 3, 6]
        queue.add("a")
        await seen.until(5)
        await clock.advance(50)
    assert seen.times("a") == [0, 1, 3, 6, 50, 51]


async def test_a_result_asks_for_a_look_at_a_later_time() -> None:
    clock = ManualClock()
    seen = _Recorder(clock)
    seen.outcomes["a"] = [180.0, 180.0, None]
    queue = WorkQueue[str](clock, seen)
    async with background(queue.run()):
        queue.add("a")
        await seen.until(1)
        await clock.advance(1000)
    assert seen.times("a") == [0, 180, 360]


async def test_the_earliest_of_several_timers_holds_even_when_set_before_the_start() -> None:
    clock = ManualClock()
    seen = _Recorder(clock)
    queue = WorkQueue[str](clock, seen)
    queue.add_after("a", 30)
    queue.add_after("a", 10)
    queue.add_after("a", 20)
    async with background(queue.run()):
        await clock.advance(100)
    assert seen.times("a") == [10]
