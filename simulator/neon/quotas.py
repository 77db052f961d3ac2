"""Quotas of a project: what is used up, since when computes may not run, and how long they may yet."""

from collections.abc import Callable
from datetime import datetime, timedelta

from simulator.neon.model import Branch, Project
from simulator.neon.usage import Amounts

_UPGRADE = "Upgrade your plan to increase limits."
_METRICS: dict[str, tuple[str, Callable[[Amounts], float]]] = {
    "active_time_seconds": ("active time", lambda used: used.active_seconds),
    "compute_time_seconds": ("compute time", lambda used: used.compute_seconds),
    "written_data_bytes": ("written data", lambda used: used.written),
    "data_transfer_bytes": ("data transfer", lambda used: used.transferred),
}
_TIMES = ("active_time_seconds", "compute_time_seconds")


def period(now: datetime) -> tuple[datetime, datetime]:
    """The calendar month consumption is counted in."""
    begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return begin, (begin + timedelta(days=32)).replace(day=1)


def used(project: Project, now: datetime, branch_id: str | None = None) -> Amounts:
    """What this period has cost so far."""
    return project.meter.between(period(now)[0], now, branch_id)


def exceeded(project: Project, now: datetime) -> str | None:
    """Why no compute of the project may run; None while every quota holds."""
    amounts = used(project, now)
    for name, (words, amount) in _METRICS.items():
        limit = project.quota(name)
        if limit and amount(amounts) >= limit:
            return f"Your account or project has exceeded the {words} quota. {_UPGRADE}"
    return None


def seconds_left(project: Project, now: datetime) -> float | None:
    """Until a quota of time is used up, running as it is; None when none ever will be in this period."""
    amounts, running = used(project, now), project.meter.running()
    speeds = {"active_time_seconds": float(len(running)), "compute_time_seconds": 0.0}
    speeds["compute_time_seconds"] = sum(span.compute_units for span in running)
    left = [
        max(0.0, (project.quota(name) - _METRICS[name][1](amounts)) / speeds[name])
        for name in _TIMES
        if project.quota(name) and speeds[name]
    ]
    return min(left, default=None)


def full(project: Project, branch: Branch) -> bool:
    """Whether the branch is larger than the quota of its size, so that nothing more may be written."""
    limit = project.quota("logical_size_bytes")
    return bool(limit) and branch.logical_size is not None and branch.logical_size > limit
