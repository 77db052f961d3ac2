"""The retry policy: bounded, never earlier than asked, and only where repeating is safe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.retry import READS, WRITES, RetryPolicy, reading, retrying
from portal.errors import AccessDenied, Conflict, Locked, RemoteError, Throttled, Unreachable
from tests.engine.boundaries import VirtualClock


def error(kind: type[RemoteError], retry_after: float | None = None) -> RemoteError:
    return kind("failed", system="neon", operation="call", retry_after=retry_after)


class Flaky:
    """Fails with the given errors in turn, then answers."""

    def __init__(self, *errors: RemoteError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


async def test_locked_and_throttled_writes_are_repeated_until_they_answer() -> None:
    clock, call = VirtualClock(), Flaky(error(Locked), error(Throttled), error(Locked))
    assert await retrying(call, clock=clock, jitter=lambda: 0.5) == "answer"
    assert call.calls == 4
    assert clock.monotonic() == pytest.approx(0.75 * (0.25 + 0.5 + 1.0))


async def test_a_retry_after_is_never_shortened() -> None:
    clock, call = VirtualClock(), Flaky(error(Throttled, 7.0))
    waits: list[float] = []
    await retrying(call, clock=clock, jitter=lambda: 0.0, notice=lambda _, delay: waits.append(delay))
    assert waits == [7.0]


async def test_a_retry_after_beyond_the_budget_ends_the_retries_at_once() -> None:
    clock, call = VirtualClock(), Flaky(error(Throttled, 10_000.0))
    with pytest.raises(Throttled):
        await retrying(call, clock=clock, jitter=lambda: 0.0)
    assert (call.calls, clock.monotonic()) == (1, 0.0)


@pytest.mark.parametrize("kind", [Unreachable, Conflict, AccessDenied])
async def test_a_write_that_may_have_been_applied_is_not_repeated(
    kind: type[RemoteError],
) -> None:
    call = Flaky(error(kind))
    with pytest.raises(kind):
        await retrying(call, clock=VirtualClock(), jitter=lambda: 0.0)
    assert call.calls == 1


async def test_a_read_is_repeated_after_a_lost_answer() -> None:
    call = Flaky(error(Unreachable), error(Unreachable))
    assert await reading(call, clock=VirtualClock(), jitter=lambda: 0.0) == "answer"


@given(
    jitter=st.floats(0, 1, exclude_max=True), policy=st.sampled_from([READS, WRITES, RetryPolicy(attempts=3)])
)
async def test_retries_end_within_attempts_and_budget(jitter: float, policy: RetryPolicy) -> None:
    clock, call = VirtualClock(), Flaky(*(error(Locked) for _ in range(100)))
    with pytest.raises(Locked):
        await retrying(call, clock=clock, jitter=lambda: jitter, policy=policy)
    assert call.calls <= policy.attempts
    assert clock.monotonic() <= policy.budget


@given(jitter=st.floats(0, 1, exclude_max=True), attempt=st.integers(1, 30))
def test_a_delay_lies_between_half_and_the_whole_of_its_step(jitter: float, attempt: int) -> None:
    whole = min(WRITES.cap, WRITES.base * 2 ** (attempt - 1))
    assert whole / 2 <= WRITES.delay(attempt, jitter) <= whole
