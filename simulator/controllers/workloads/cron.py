"""Schedules of CronJobs: the five fields of cron, and when they come round next."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = dict(zip(["sun", "mon", "tue", "wed", "thu", "fri", "sat"], range(7), strict=True))
_FIELDS: tuple[tuple[int, int, dict[str, int]], ...] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, _MONTHS),
    (0, 7, _DAYS),
)
_MOST_DAYS = 366 * 5
_SUNDAY = 7


class BadSchedule(Exception):
    """The text is no schedule, or names a time zone nobody knows."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What each field allows; days count by either of their two fields when both are limited."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str = "UTC") -> "Schedule":
        """Raises BadSchedule."""
        fields = _MACROS.get(text.strip(), text).split()
        if len(fields) != len(_FIELDS):
            raise BadSchedule(f"expected exactly 5 fields, found {len(fields)}: {text}")
        parsed = [frozenset(_values(field, *rule)) for field, rule in zip(fields, _FIELDS, strict=True)]
        try:
            place = ZoneInfo(zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadSchedule(f"unknown time zone {zone}") from error
        weekdays = frozenset(day % _SUNDAY for day in parsed[4])
        everywhere: tuple[bool, bool] = (fields[2][0] in "*?", fields[4][0] in "*?")
        minutes, hours, days, months = parsed[:4]
        return cls(minutes, hours, days, months, weekdays, *everywhere, place)

    def after(self, moment: datetime) -> datetime | None:
        """The first time later than `moment`, in UTC; None within the next five years."""
        at = (moment.astimezone(self.zone) + timedelta(minutes=1)).replace(second=0, microsecond=0)
        for _ in range(_MOST_DAYS):
            if self._on(at):
                for hour in sorted(hour for hour in self.hours if hour >= at.hour):
                    least = at.minute if hour == at.hour else 0
                    minute = min((each for each in self.minutes if each >= least), default=None)
                    if minute is not None:
                        return at.replace(hour=hour, minute=minute).astimezone(UTC)
            at = (at + timedelta(days=1)).replace(hour=0, minute=0)
        return None

    def _on(self, day: datetime) -> bool:
        by_date, by_weekday = day.day in self.days, day.isoweekday() % _SUNDAY in self.weekdays
        fits = by_date and by_weekday if self.any_day or self.any_weekday else by_date or by_weekday
        return day.month in self.months and fits


def _values(field: str, low: int, high: int, names: dict[str, int]) -> Iterator[int]:
    for part in field.lower().split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdecimal() and int(step)):
            raise BadSchedule(f"failed to parse step of {part}")
        if span in {"*", "?"}:
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, names)
            last = _number(end, names) if dash else high if slash else first
        if not low <= first <= last <= high:
            raise BadSchedule(f"{part} is outside {low} to {high}")
        yield from range(first, last + 1, int(step or 1))


def _number(text: str, names: dict[str, int]) -> int:
    if text in names:
        return names[text]
    if not text.isdecimal():
        raise BadSchedule(f"failed to parse int from {text}")
    return int(text)
