"""Moments as callers write them: RFC 3339, with a zone."""

from datetime import UTC, datetime

from simulator.neon.refusals import Invalid


def moment(where: str, text: str) -> datetime:
    """The moment in UTC; raises Invalid for anything but a date and time with its zone."""
    try:
        found = datetime.fromisoformat(text)
        if "T" not in text.upper() or found.tzinfo is None:
            raise Invalid(f"{where} must be a date-time as in 2030-01-31T12:00:00Z")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise Invalid(f"{where} must be a date-time as in 2030-01-31T12:00:00Z") from exc
