"""Go durations and Kubernetes timestamps."""

import re
from datetime import UTC, datetime

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)")


def seconds(duration: str) -> float:
    """Seconds of a Go duration such as `1h0m0s`; `0` needs no unit. Raises ValueError."""
    text = duration.strip()
    if text in {"0", "+0", "-0"}:
        return 0.0
    parts = _PART.findall(text)
    if not parts or "".join(n + u for n, u in parts) != text.lstrip("+-"):
        raise ValueError(f"invalid duration {duration!r}")
    total = sum(float(number) * _UNITS[unit] for number, unit in parts)
    return -total if text.startswith("-") else total


def moment(text: str | None) -> datetime | None:
    """The time a timestamp names; None for an absent one."""
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC)
