"""How fast an account may call: 700 requests a minute, and 40 a second on one route."""

import math
from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.neon.refusals import TooFast


@dataclass(slots=True)
class Bucket:
    """A token bucket that starts full."""

    capacity: float
    per_second: float
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Seconds until there is a token; 0.0 when one was taken."""
        self.tokens = min(self.capacity, self.tokens + (now - self.at) * self.per_second)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0.0
        return (1 - self.tokens) / self.per_second


@dataclass(frozen=True, slots=True)
class Rate:
    """Requests a minute on the whole account, and at once on one route."""

    a_minute: int = 700
    at_once: int = 40


@dataclass(slots=True)
class Limits:
    """Counts by simulated time, so that a world that runs faster may be asked more often."""

    clock: Clock
    rate: Rate
    _account: Bucket = field(init=False)
    _routes: dict[str, Bucket] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rate = float(self.rate.a_minute)
        self._account = Bucket(rate, rate / 60, rate, self.clock.monotonic())

    def count(self, route: str) -> None:
        """Raise TooFast when this call is one too many."""
        now, burst = self.clock.monotonic(), float(self.rate.at_once)
        bucket = self._routes.setdefault(route, Bucket(burst, burst, burst, now))
        wait = bucket.take(now) or self._account.take(now)
        if wait:
            raise TooFast("rate limit exceeded", retry_after=max(1, math.ceil(wait)))
