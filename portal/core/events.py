"""Progress as data: engines emit these, front ends print or draw them."""

from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    """Where a step stands."""

    STARTED = "started"
    WAITING = "waiting"
    DONE = "done"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Progress:
    """One line of progress. `scope` is a phase or tenant, `step` its name; `seconds` since the step began."""

    scope: str
    step: str
    stage: Stage
    detail: str = ""
    seconds: float | None = None
