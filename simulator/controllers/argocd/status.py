"""Writing status: conditions that keep their times, and patches that say only what has changed."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from simulator.clock import rfc3339
from simulator.controllers.kinds import Object


def conditions(old: Iterable[Object], new: Iterable[tuple[str, str]], now: datetime) -> list[Object]:
    """The conditions of these types and messages; one that was there before keeps its time."""
    times = {(entry.get("type"), entry.get("message")): entry.get("lastTransitionTime") for entry in old}
    return [
        {"type": kind, "message": message, "lastTransitionTime": times.get((kind, message)) or rfc3339(now)}
        for kind, message in dict.fromkeys(new)
    ]


def health_status(old: Object, status: str, now: datetime) -> Object:
    if old.get("status") == status:
        return old
    return {"status": status, "lastTransitionTime": rfc3339(now)}


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Object:
    """The JSON merge patch from `old` to `new`, empty when they are equal."""
    patch: Object = {name: None for name in old if name not in new}
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, dict) and isinstance(before, dict):
            if below := changes(before, value):
                patch[name] = below
        elif value != before:
            patch[name] = value
    return patch
