"""Consumption history: what projects and branches used, cut into hours, days or months."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from simulator.neon import quotas
from simulator.neon.account import Account
from simulator.neon.model import Project
from simulator.neon.refusals import Forbidden, Invalid, OutOfRange
from simulator.neon.usage import Amounts

GRANULARITIES = ("hourly", "daily", "monthly")
_REACH = {"hourly": timedelta(hours=168), "daily": timedelta(days=60), "monthly": timedelta(days=366)}


@dataclass(frozen=True, slots=True)
class Range:
    """Whole hours, days or months, from the first to before the last."""

    begin: datetime
    end: datetime
    granularity: str

    def frames(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The hours, days or months between two moments, within the range."""
        at = max(self.begin, rounded(begin, self.granularity))
        while at < min(self.end, end):
            after = _next(at, self.granularity)
            yield at, after
            at = after


@dataclass(frozen=True, slots=True)
class Frame:
    begin: datetime
    end: datetime
    used: Amounts


@dataclass(frozen=True, slots=True)
class Period:
    """One billing period and what was used in it; `end` is None for the one that lasts."""

    id: str
    begin: datetime
    end: datetime | None
    frames: Sequence[Frame]


def asked(begin: datetime, end: datetime, granularity: str, now: datetime) -> Range:
    """The range a caller means; raises Invalid or OutOfRange."""
    if granularity not in GRANULARITIES:
        raise Invalid(f"granularity must be one of {', '.join(GRANULARITIES)}")
    if begin >= end:
        raise Invalid("from must be before to")
    first, last = rounded(begin, granularity), rounded(end, granularity)
    if first < rounded(now - _REACH[granularity], granularity) or first > now:
        raise OutOfRange(f"the range is outside the boundaries of {granularity} granularity")
    if last == first:
        last = _next(first, granularity)
    return Range(first, min(last, _next(rounded(now, granularity), granularity)), granularity)


def require_plan(account: Account) -> None:
    """Raise Forbidden where the plan keeps no history."""
    if not account.plan.consumption:
        raise Forbidden("consumption history is not available on this plan")


def of(
    projects: Sequence[Project], owner: str, wanted: Range, now: datetime, branch_id: str | None = None
) -> list[Period]:
    """Periods, oldest first, of what the projects (or one branch of one) used together since they exist."""
    since = min((project.created_at for project in projects), default=now)
    months: dict[datetime, list[Frame]] = {}
    for begin, end in wanted.frames(since, now + timedelta(microseconds=1)):
        parts = [project.meter.between(begin, min(end, now), branch_id) for project in projects]
        months.setdefault(quotas.period(begin)[0], []).append(Frame(begin, end, _sum(parts)))
    return [
        Period(
            id=str(uuid5(NAMESPACE_URL, f"{owner}/{month:%Y-%m}")),
            begin=month,
            end=end if (end := quotas.period(month)[1]) <= now else None,
            frames=frames,
        )
        for month, frames in months.items()
    ]


def rounded(moment: datetime, granularity: str) -> datetime:
    """The beginning of the hour, day or month."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if granularity == "hourly":
        return hour
    return hour.replace(hour=0) if granularity == "daily" else hour.replace(hour=0, day=1)


def _next(moment: datetime, granularity: str) -> datetime:
    if granularity == "monthly":
        return (moment + timedelta(days=32)).replace(day=1)
    return moment + (timedelta(hours=1) if granularity == "hourly" else timedelta(days=1))


def _sum(parts: Sequence[Amounts]) -> Amounts:
    return Amounts(
        active_seconds=sum(part.active_seconds for part in parts),
        compute_seconds=sum(part.compute_seconds for part in parts),
        written=sum(part.written for part in parts),
        transferred=sum(part.transferred for part in parts),
        size=sum(part.size for part in parts),
        stored_byte_hours=sum(part.stored_byte_hours for part in parts),
    )
