"""Points in a branch's past: which lie in the restore window, and which the simulation can go back to."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.neon.model import Branch, Project
from simulator.neon.plane import Plane
from simulator.neon.refusals import Invalid, Unprocessable

_LSN = re.compile(r"[0-9A-Fa-f]{1,8}/[0-9A-Fa-f]{1,8}")
OUTSIDE = "the point in time is outside the restore window of the project"
NOT_KEPT = (
    "this simulation keeps no history of a branch's data: it can go back to the last time its compute "
    "was active, to the present, and to snapshots"
)


@dataclass(frozen=True, slots=True)
class Point:
    """By log sequence number or by time; neither is the present."""

    lsn: str | None = None
    timestamp: datetime | None = None

    @property
    def present(self) -> bool:
        return self.lsn is None and self.timestamp is None


def window(project: Project, branch: Branch, now: datetime) -> tuple[datetime, datetime]:
    """From where to where the branch can be restored."""
    return max(branch.created_at, now - timedelta(seconds=project.history_retention_seconds)), now


def require_reachable(plane: Plane, project: Project, branch: Branch, point: Point) -> None:
    """Raise Invalid for two points at once or no LSN, Unprocessable for one that cannot be gone back to."""
    if point.lsn is not None and point.timestamp is not None:
        raise Invalid("an LSN and a timestamp cannot be given together")
    if point.lsn is not None:
        if not _LSN.fullmatch(point.lsn):
            raise Invalid("an LSN must be of the form 0/1A2B3C4")
        raise Unprocessable(NOT_KEPT)
    if point.timestamp is None:
        return
    now = plane.clock.now()
    begin, end = window(project, branch, now)
    if not begin.replace(microsecond=0) <= point.timestamp <= end:
        raise Unprocessable(OUTSIDE)
    if point.timestamp < last_change(project, branch, now).replace(microsecond=0):
        raise Unprocessable(NOT_KEPT)


def last_change(project: Project, branch: Branch, now: datetime) -> datetime:
    """Since when the data are surely what they are: while a compute runs, they may change at any moment."""
    if any(endpoint.current_state == "active" for endpoint in project.of_branch(branch.id)):
        return now
    return branch.changed_at or branch.created_at
