"""Durations as kubectl prints them: 12s, 4m30s, 3h5m, 2d4h, 326d, 2y41d."""

from datetime import UTC, datetime
from typing import Final

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
YEAR: Final = 365 * DAY

# Up to this many seconds: unit, letter, finer unit, its letter; a finer unit of 0 prints whole units only.
_STEPS: Final = (
    (2 * MINUTE, 1, "s", 0, ""),
    (10 * MINUTE, MINUTE, "m", 1, "s"),
    (3 * HOUR, MINUTE, "m", 0, ""),
    (8 * HOUR, HOUR, "h", MINUTE, "m"),
    (2 * DAY, HOUR, "h", 0, ""),
    (8 * DAY, DAY, "d", HOUR, "h"),
    (2 * YEAR, DAY, "d", 0, ""),
    (8 * YEAR, YEAR, "y", DAY, "d"),
)


def human(seconds: float) -> str:
    """The duration in one or two units."""
    whole = int(seconds)
    if whole < 0:
        return "0s" if whole >= -1 else "<invalid>"
    for limit, unit, letter, finer, fine_letter in _STEPS:
        if whole < limit:
            rest = (whole % unit) // finer if finer else 0
            return f"{whole // unit}{letter}" + (f"{rest}{fine_letter}" if rest else "")
    return f"{whole // YEAR}y"


def since(timestamp: object, now: datetime) -> str:
    """The age of an RFC 3339 time; `<unknown>` where there is none."""
    if not timestamp:
        return "<unknown>"
    try:
        then = datetime.fromisoformat(str(timestamp))
    except ValueError:
        return "<invalid>"
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return human((now - then).total_seconds())
