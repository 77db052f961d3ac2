"""Failures of a platform as data: how each is provoked, what is seen and in which order, what mends it.

Every text may hold `${ns}`, the namespace a scenario has for itself, which is the name of its Application
too; in texts that are compared `…` stands for anything. Whoever replays a scenario brings the hands: a
cluster, a tenants repository and a Parameter Store to carry out the acts in, and eyes for what is seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import IntEnum
from string import Template
from typing import Any

Manifest = Mapping[str, Any]


class Rung(IntEnum):
    """Which link is broken first: the ladder by which a service is judged."""

    APPLICATION = 1
    CONDITIONS = 2
    OPERATION = 3
    STORE = 4
    EXTERNAL_SECRET = 5
    CLAIM = 6
    CONNECTION = 7
    POD = 8
    DEPLOYMENT = 9
    DRIFT = 10
    STALE_ENVIRONMENT = 11
    STALE_DATA = 12


@dataclass(frozen=True, slots=True)
class Commit:
    """Files of the tenants repository, by path; None removes one."""

    files: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Apply:
    """Objects, in the scenario's namespace unless they name another."""

    objects: Sequence[Manifest]


@dataclass(frozen=True, slots=True)
class Patch:
    """A merge patch of `Kind/name`."""

    of: str
    patch: Manifest


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete `Kind/name`."""

    of: str


@dataclass(frozen=True, slots=True)
class Put:
    """A parameter."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Remove:
    """Remove a parameter."""

    name: str


@dataclass(frozen=True, slots=True)
class Deny:
    """Let the API server refuse a caller's writes of a resource in the scenario's namespace."""

    caller: str
    resource: str


@dataclass(frozen=True, slots=True)
class Allow:
    """Take back what was denied."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Let a node tell nothing of itself any more."""

    node: str


@dataclass(frozen=True, slots=True)
class Speak:
    """Let a silent node come back."""

    node: str


@dataclass(frozen=True, slots=True)
class Until:
    """Go on once this is seen."""

    seen: "Seen"


Act = Until | Commit | Apply | Patch | Delete | Put | Remove | Deny | Allow | Silence | Speak


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in the status of `Kind/name`."""

    of: str
    type: str
    status: str = ""
    reason: str = ""
    message: str = "…"


@dataclass(frozen=True, slots=True)
class Event:
    """An Event about `Kind/name`."""

    about: str
    reason: str
    message: str = "…"
    type: str = "Warning"


@dataclass(frozen=True, slots=True)
class Field:
    """A value of `Kind/name`, by its path."""

    of: str
    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A container of a pod waits."""

    pod: str
    reason: str
    message: str = "…"


@dataclass(frozen=True, slots=True)
class Ended:
    """A container of a pod has ended, now or in its run before."""

    pod: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """`Kind/name` is not there."""

    of: str


@dataclass(frozen=True, slots=True)
class Lifted:
    """`Kind/name` has no condition of that type any more."""

    of: str
    type: str


@dataclass(frozen=True, slots=True)
class Empty:
    """`Kind/name` has nothing at that path."""

    of: str
    path: str


@dataclass(frozen=True, slots=True)
class Still:
    """`Kind/name` has that value at that path now."""

    of: str
    path: str
    value: str


@dataclass(frozen=True, slots=True)
class Each:
    """All of these, in any order."""

    seen: Sequence["Seen"]


Seen = Condition | Event | Field | Waiting | Ended | Gone | Lifted | Empty | Still | Each


@dataclass(frozen=True, slots=True)
class Scenario:
    """One failure. Of `expected` and `gone` the events are seen in their order, and so are an object's states."""

    name: str
    rung: Rung
    asked: str
    """What a user asks who meets it."""
    provoke: Sequence[Act]
    expected: Sequence[Seen]
    fix: Sequence[Act] = ()
    gone: Sequence[Seen] = ()


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """A part of a scenario with its placeholders replaced."""
    if isinstance(value, str):
        return Template(value).safe_substitute(names)
    if isinstance(value, Mapping):
        return {filled(key, names): filled(each, names) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [filled(each, names) for each in value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{each.name: filled(getattr(value, each.name), names) for each in fields(value)}
        )
    return value


def fits(pattern: str, text: str) -> bool:
    """Whether a text is what was expected, `…` standing for anything."""
    first, *others = pattern.split("…")
    if not others:
        return pattern == text
    if not text.startswith(first):
        return False
    at = len(first)
    for part in others[:-1]:
        found = text.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return text.endswith(others[-1]) and len(text) - len(others[-1]) >= at
