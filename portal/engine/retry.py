"""The one retry policy: what may be repeated, how often, and how long to wait in between."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from portal.errors import Locked, RemoteError, Throttled, Unreachable
from portal.ports import Clock

T = TypeVar("T")

# 423, 429 and 503 answers promise that nothing was done; a read may be repeated after any lost answer.
SAFE_FOR_WRITES: tuple[type[RemoteError], ...] = (Locked, Throttled)
SAFE_FOR_READS: tuple[type[RemoteError], ...] = (Locked, Throttled, Unreachable)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Delays in seconds: `base` doubles up to `cap`, half of each is jitter; `budget` bounds their sum."""

    attempts: int = 12
    base: float = 0.25
    cap: float = 10.0
    budget: float = 120.0

    def delay(self, attempt: int, jitter: float) -> float:
        """Before attempt + 1; attempts count from 1, jitter is in [0, 1)."""
        whole: float = min(self.cap, self.base * 2.0 ** (attempt - 1))
        return whole * (0.5 + jitter / 2)


WRITES = RetryPolicy()
READS = RetryPolicy(attempts=5, cap=4.0, budget=20.0)


async def retrying(
    call: Callable[[], Awaitable[T]],
    *,
    clock: Clock,
    jitter: Callable[[], float],
    policy: RetryPolicy = WRITES,
    retry_on: tuple[type[RemoteError], ...] = SAFE_FOR_WRITES,
    notice: Callable[[RemoteError, float], None] | None = None,
) -> T:
    """The call's answer; its last error once attempts or budget are spent. A Retry-After is never
    shortened: one that does not fit the budget ends the retries.
    """
    spent = 0.0
    attempt = 1
    while True:
        try:
            return await call()
        except retry_on as exc:
            delay = max(policy.delay(attempt, jitter()), exc.retry_after or 0.0)
            if attempt >= policy.attempts or spent + delay > policy.budget:
                raise
            if notice:
                notice(exc, delay)
        await clock.sleep(delay)
        spent += delay
        attempt += 1


async def reading(
    call: Callable[[], Awaitable[T]],
    *,
    clock: Clock,
    jitter: Callable[[], float],
    policy: RetryPolicy = READS,
) -> T:
    """A read, repeated also after a lost answer."""
    return await retrying(call, clock=clock, jitter=jitter, policy=policy, retry_on=SAFE_FOR_READS)
