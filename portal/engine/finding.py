"""What a check of the portal's surroundings found."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check ended; a warning is no failure."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its subject, outcome, what was seen, and what to do."""

    subject: str
    outcome: Outcome
    detail: str
    hint: str = ""
