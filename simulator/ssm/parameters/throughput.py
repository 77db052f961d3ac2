"""How many calls a second Parameter Store takes, by buckets that fill with the world's time.

Source: AWS General Reference, "AWS Systems Manager endpoints and quotas": by default 40 transactions a second
shared by the operations that read and write values, more for each once higher throughput is enabled. AWS
publishes no figure for the other operations; here each has the default for itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.ssm.parameters.refusals import Refusal

_SHARED = ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter")


@dataclass(frozen=True, slots=True)
class Throughput:
    """Calls a second: `shared` is the bucket of values, `others` that of every operation not named."""

    shared: float = 40.0
    raised: Mapping[str, float] = field(default_factory=dict)
    others: float = 40.0


DEFAULT = Throughput()
HIGHER = Throughput(raised={"GetParameter": 10_000.0, "GetParameters": 1_000.0, "GetParametersByPath": 100.0})


@dataclass(slots=True)
class _Bucket:
    """Holds one second's worth of calls."""

    rate: float
    left: float
    filled_at: float


class Throttle:
    """Counts the calls of one place."""

    def __init__(self, clock: Clock, throughput: Throughput) -> None:
        self._clock = clock
        self._throughput = throughput
        self._buckets: dict[str, _Bucket] = {}

    def take(self, operation: str) -> None:
        """Count one call; raises Refusal when they come too fast."""
        name, rate = self._bucket_of(operation)
        now = self._clock.monotonic()
        bucket = self._buckets.setdefault(name, _Bucket(rate, max(rate, 1.0), now))
        bucket.left = min(max(rate, 1.0), bucket.left + (now - bucket.filled_at) * bucket.rate)
        bucket.filled_at = now
        if bucket.left < 1.0:
            raise Refusal("ThrottlingException", "Rate exceeded")
        bucket.left -= 1.0

    def _bucket_of(self, operation: str) -> tuple[str, float]:
        if raised := self._throughput.raised.get(operation):
            return operation, raised
        if operation in _SHARED:
            return "values", self._throughput.shared
        return operation, self._throughput.others
