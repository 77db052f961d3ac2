"""What was used, kept as it happened, and what that makes in any span of time."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

_SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class Span:
    """An endpoint being active; `end` is None while it is."""

    endpoint_id: str
    branch_id: str
    compute_units: float
    begin: datetime
    end: datetime | None = None

    def seconds(self, begin: datetime, end: datetime) -> float:
        """How much of it lies between two moments."""
        return max(0.0, (min(self.end or end, end) - max(self.begin, begin)) / _SECOND)


@dataclass(frozen=True, slots=True)
class Sample:
    """Bytes of one branch at one moment: an amount that adds up, or a size that holds from then on."""

    branch_id: str
    at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Amounts:
    """Totals between two moments; `stored_byte_hours` is size times time, `size` the last one known."""

    active_seconds: float = 0.0
    compute_seconds: float = 0.0
    written: int = 0
    transferred: int = 0
    size: int = 0
    stored_byte_hours: float = 0.0


@dataclass(slots=True)
class Meter:
    """The record of one project, deleted branches and endpoints included."""

    spans: list[Span] = field(default_factory=list)
    written: list[Sample] = field(default_factory=list)
    transferred: list[Sample] = field(default_factory=list)
    sizes: list[Sample] = field(default_factory=list)

    def begin(self, endpoint_id: str, branch_id: str, compute_units: float, now: datetime) -> None:
        self.end(endpoint_id, now)
        self.spans.append(Span(endpoint_id, branch_id, compute_units, now))

    def end(self, endpoint_id: str, now: datetime) -> None:
        for span in self._open():
            if span.endpoint_id == endpoint_id:
                span.end = now

    def running(self) -> list[Span]:
        """The spans that have not ended."""
        return list(self._open())

    def between(self, begin: datetime, end: datetime, branch_id: str | None = None) -> Amounts:
        """What was used by the project, or by one of its branches."""
        spans = [(s, s.seconds(begin, end)) for s in self.spans if branch_id in {None, s.branch_id}]
        sizes = self._of(self.sizes, branch_id)
        return Amounts(
            active_seconds=sum(seconds for _, seconds in spans),
            compute_seconds=sum(seconds * span.compute_units for span, seconds in spans),
            written=_sum(self._of(self.written, branch_id), begin, end),
            transferred=_sum(self._of(self.transferred, branch_id), begin, end),
            size=sum(_sizes_at(sizes, end).values()),
            stored_byte_hours=_byte_hours(sizes, begin, end),
        )

    def _open(self) -> Iterator[Span]:
        return (span for span in self.spans if span.end is None)

    def _of(self, samples: list[Sample], branch_id: str | None) -> list[Sample]:
        return [sample for sample in samples if branch_id in {None, sample.branch_id}]


def _sum(samples: list[Sample], begin: datetime, end: datetime) -> int:
    return sum(sample.size for sample in samples if begin <= sample.at < end)


def _sizes_at(samples: list[Sample], moment: datetime) -> dict[str, int]:
    return {sample.branch_id: sample.size for sample in samples if sample.at < moment}


def _byte_hours(samples: list[Sample], begin: datetime, end: datetime) -> float:
    """Each size counts from its moment to the next one of its branch."""
    total = 0.0
    latest: dict[str, Sample] = {}
    for sample in samples:
        before = latest.get(sample.branch_id)
        total += _held(before, sample.at, begin, end) if before else 0.0
        latest[sample.branch_id] = sample
    return total + sum(_held(sample, end, begin, end) for sample in latest.values())


def _held(sample: Sample, until: datetime, begin: datetime, end: datetime) -> float:
    hours = (min(until, end) - max(sample.at, begin)) / timedelta(hours=1)
    return sample.size * max(0.0, hours)
