"""The audit trail: who did what to which version, when and why, each line chained to the one before it.

A line's hash covers the whole line and the hash before it, so a changed, dropped or inserted line shows. A
chain alone cannot show that its end was cut off; its `Head`, kept beside it, does. No value of a secret is
ever part of it, nor anything computed from one.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

VERSION = 1
_NOTHING = "0" * 64
_NUMBERS = ("v", "number", "version")
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


class Outcome(StrEnum):
    """A deed is written down before it is done and again when its end is known; one without an end is in
    doubt.
    """

    INTENT = "intent"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """`action` is what was done (reveal, push, role, …) to `target`; `tenant` is empty for the platform;
    `version` is the one that was read or that resulted, 0 where there is none; `at` is ISO 8601.
    """

    at: str
    run: str
    tenant: str
    action: str
    target: str
    outcome: Outcome
    version: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line: the event, who did it (`user@machine`), its place in the chain (from 1) and its hash."""

    event: AuditEvent
    who: str
    number: int
    before: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """How long the chain was when it was last written, and the hash of its last line."""

    number: int
    hash: str


NO_HEAD = Head(0, _NOTHING)
"""Stands before the first line does."""


def follow(last: AuditEntry | None, event: AuditEvent, who: str) -> AuditEntry:
    """The entry that comes after `last`, or begins a chain."""
    entry = AuditEntry(event, who, last.number + 1 if last else 1, last.hash if last else _NOTHING, "")
    return replace(entry, hash=_digest(entry))


def encode(entry: AuditEntry) -> str:
    """One line of JSON in ASCII, without its line feed."""
    return _canonical({**_document(entry), "hash": entry.hash})


def decode(line: str) -> AuditEntry:
    """The entry of one line; raises ValueError saying what is wrong with it."""
    try:
        document: dict[str, Any] = json.loads(line)
        newer = isinstance(document["v"], int) and document["v"] > VERSION
        entry = None if newer else _entry(document)
    except (KeyError, TypeError, ValueError):
        raise ValueError("is damaged") from None
    if entry is None:
        raise NewerFormat(f"was written by a newer portal (format {document['v']}, this one knows {VERSION})")
    if encode(entry) != line or _digest(entry) != entry.hash:
        raise ValueError("was edited: its hash is that of another text")
    return entry


class NewerFormat(ValueError):
    """The line is of a format this portal does not know."""


def verified(lines: Sequence[str], head: Head | None) -> tuple[AuditEntry, ...]:
    """Every entry, oldest first; raises ValueError naming the first line that breaks the chain."""
    entries: list[AuditEntry] = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = decode(line)
        except NewerFormat as exc:
            raise NewerFormat(f"line {number} {exc}") from None
        except ValueError as exc:
            raise ValueError(f"line {number} {exc}") from None
        before = entries[-1].hash if entries else _NOTHING
        if (entry.number, entry.before) != (number, before):
            raise ValueError(f"line {number} does not follow the line before it: lines are missing or moved")
        entries.append(entry)
    agree(head, entries[-1] if entries else None)
    if head and head.number and entries[head.number - 1].hash != head.hash:
        raise ValueError(f"line {head.number} is not the one that was written")
    return tuple(entries)


def agree(head: Head | None, last: AuditEntry | None) -> None:
    """Raise ValueError where the chain is shorter than it once was, or its head is gone. A head may lag
    behind: it is written after the line.
    """
    if head is None and last is not None:
        raise ValueError("its head is gone, so nobody can tell whether lines are missing at the end")
    if head is None:
        return
    left = last.number if last else 0
    if left < head.number:
        raise ValueError(f"its end was cut off: {left} lines are left of {head.number}")
    if last and last.number == head.number and last.hash != head.hash:
        raise ValueError(f"line {last.number} is not the one that was written")


def _document(entry: AuditEntry) -> dict[str, Any]:
    event = {name: getattr(entry.event, name) for name in AuditEvent.__slots__}
    return {"v": VERSION, **event, "who": entry.who, "number": entry.number, "before": entry.before}


def _entry(document: Mapping[str, Any]) -> AuditEntry:
    for name, value in document.items():
        if type(value) is not (int if name in _NUMBERS else str):
            raise TypeError(name)
    names = ("at", "run", "tenant", "action", "target", "version", "reason")
    event = AuditEvent(**{name: document[name] for name in names}, outcome=Outcome(document["outcome"]))
    own = (document["who"], document["number"], document["before"], document["hash"])
    return AuditEntry(event, *own)


def _digest(entry: AuditEntry) -> str:
    return hashlib.sha256(_canonical(_document(entry)).encode()).hexdigest()


def _canonical(document: Mapping[str, Any]) -> str:
    return _CANONICAL.encode(document)
