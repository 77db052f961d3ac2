"""Go's way of writing durations, and the back-off of retries built on it."""

from datetime import UTC, datetime, timedelta

from simulator.controllers import times
from simulator.controllers.kinds import Object

FIRST_RETRY = "5s"
FACTOR = 2
LAST_RETRY = "3m"
RETRY_LIMIT = 5
"""Retries of an automatic sync whose Application does not say."""


def seconds(text: str) -> float:
    """`1h30m`, `5s`, and here also `90`; raises ValueError for anything else, and for what is negative."""
    found = float(text) if text.isdigit() else times.seconds(text)
    if found < 0:
        raise ValueError(f"invalid duration {text!r}: it is negative")
    return found


def retry_delay(retry: Object, attempts: int) -> float:
    """Seconds to wait after a failure that followed `attempts` earlier retries."""
    backoff = retry.get("backoff") or {}
    first = seconds(str(backoff.get("duration") or FIRST_RETRY))
    factor = int(backoff.get("factor") or FACTOR)
    return min(seconds(str(backoff.get("maxDuration") or LAST_RETRY)), first * float(factor**attempts))


def retries_left(retry: Object, attempts: int) -> bool:
    limit = int(retry.get("limit") or 0)
    return limit < 0 or attempts < limit


def kitchen(moment: datetime) -> str:
    """`3:04PM`, in UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.hour % 12 or 12}:{moment:%M}{'AM' if moment.hour < 12 else 'PM'}"  # noqa: PLR2004 - noon


def moment(text: str) -> datetime:
    """An RFC 3339 time of a status."""
    return datetime.fromisoformat(text)


def later(start: datetime, by: float) -> datetime:
    return start + timedelta(seconds=by)
