"""Everything that was ever to be seen of a cluster, in the order it came to be."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.fieldpaths import NoSuchField, get
from simulator.controllers.informer import Change, Informer
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of, version_of
from tests.scenarios.model import (
    Condition,
    Empty,
    Ended,
    Event,
    Field,
    Gone,
    Lifted,
    Seen,
    Still,
    Waiting,
    fits,
)

SHARED = ""
"""Whose the nodes are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One state of one object."""

    version: int
    kind: str
    name: str
    object: Object


class History:
    """Follows kinds; every object belongs to one of the scenarios, or to all."""

    def __init__(self, api: Api, clock: Clock, kinds: Sequence[Kind], scenarios: Sequence[str]) -> None:
        self._scenarios = sorted(scenarios, key=len, reverse=True)
        self._entries: dict[str, list[Entry]] = defaultdict(list)
        self._changed: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._informers = {kind.kind: Informer(api, clock, kind) for kind in kinds}
        self._waited: set[str] = set()

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as group:
            for informer in self._informers.values():
                informer.on_change(self._noted)
                group.create_task(informer.run())

    async def complete(self) -> None:
        """Return once everything there is has been seen."""
        for informer in self._informers.values():
            await informer.synced.wait()

    def latest(self, scenario: str) -> int:
        """The version of what was seen last."""
        return max((entry.version for entry in self._of(scenario)), default=0)

    async def when(self, scenario: str, seen: Seen, since: int) -> int:
        """The version at which it was first seen, not before `since`."""
        while True:
            changed = self._changed[scenario]
            changed.clear()
            found = self._first(scenario, seen, since)
            if found is not None:
                return found
            await changed.wait()

    def standing(self, scenario: str) -> dict[str, list[Object]]:
        """What there is of a scenario now, by kind, and the stores that all share."""
        return {
            kind: [
                obj
                for obj in informer
                if self._belongs(obj) == scenario
                or (kind == "ClusterSecretStore" and self._belongs(obj) == SHARED)
            ]
            for kind, informer in self._informers.items()
        }

    def shown(self, scenario: str, since: int) -> str:
        """What was seen, for somebody who looks for what was not."""
        lines = [_line(entry) for entry in self._of(scenario) if entry.version >= since]
        return "\n".join(line for line in dict.fromkeys(lines) if line)

    def _first(self, scenario: str, seen: Seen, since: int) -> int | None:
        if isinstance(seen, Gone | Lifted | Empty | Still):
            return since if self._now(scenario, seen) else None
        matches = _matcher(seen)
        versions = [e.version for e in self._of(scenario) if e.version >= since and matches(e)]
        return min(versions, default=None)

    def _now(self, scenario: str, seen: Gone | Lifted | Empty | Still) -> bool:
        kind, _, name = seen.of.partition("/")
        current = [
            obj
            for obj in self._informers[kind]
            if self._belongs(obj) == scenario and fits(name, name_of(obj))
        ]
        if isinstance(seen, Gone):
            return not current
        if isinstance(seen, Lifted):
            return bool(current) and not any(c["type"] == seen.type for c in _conditions(current[-1]))
        value = _value(current[-1], seen.path) if current else None
        if isinstance(seen, Still):
            return value is not None and fits(seen.value, str(value))
        return bool(current) and value is None

    def _of(self, scenario: str) -> Iterator[Entry]:
        yield from self._entries[scenario]
        yield from self._entries[SHARED]

    def _noted(self, change: Change) -> None:
        obj = change.new or change.old or {}
        scenario = self._belongs(obj)
        if change.new is not None:
            entry = Entry(int(version_of(obj)), obj["kind"], name_of(obj), obj)
            self._entries[scenario].append(entry)
        for each in [scenario] if scenario else list(self._changed):
            self._changed[each].set()

    def _belongs(self, obj: Object) -> str:
        """By namespace, or by the beginning of its name where it has none of its own."""
        namespace = namespace_of(obj)
        if namespace in self._scenarios:
            return namespace
        return next((each for each in self._scenarios if name_of(obj).startswith(each)), SHARED)


def _matcher(seen: Seen) -> Callable[[Entry], bool]:
    match seen:
        case Event():
            kind, _, name = seen.about.partition("/")
            return lambda e: e.kind == "Event" and _is_event(e.object, kind, name, seen)
        case Condition():
            kind, _, name = seen.of.partition("/")
            return lambda e: e.kind == kind and fits(name, e.name) and _has(e.object, seen)
        case Field():
            kind, _, name = seen.of.partition("/")
            return lambda e: e.kind == kind and fits(name, e.name) and _is(e.object, seen)
        case Waiting() | Ended():
            return lambda e: e.kind == "Pod" and fits(seen.pod, e.name) and _container(e.object, seen)
    raise TypeError(f"{seen} is not looked for in what was")


def _is_event(event: Object, kind: str, name: str, seen: Event) -> bool:
    about = event["involvedObject"]
    told = (about["kind"], event["reason"], event["type"]) == (kind, seen.reason, seen.type)
    return told and fits(name, about["name"]) and fits(seen.message, event.get("message", ""))


def _has(obj: Object, seen: Condition) -> bool:
    return any(
        each["type"] == seen.type
        and seen.status in {"", each.get("status")}
        and seen.reason in {"", each.get("reason")}
        and fits(seen.message, each.get("message", ""))
        for each in _conditions(obj)
    )


def _is(obj: Object, seen: Field) -> bool:
    found = _value(obj, seen.path)
    return found is not None and fits(seen.value, str(found))


def _container(pod: Object, seen: Waiting | Ended) -> bool:
    status = pod.get("status") or {}
    every = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    if isinstance(seen, Waiting):
        waits = [each["state"]["waiting"] for each in every if "waiting" in each["state"]]
        return any(w.get("reason") == seen.reason and fits(seen.message, w.get("message", "")) for w in waits)
    states = [state for each in every for state in (each["state"], each.get("lastState") or {})]
    ended = [state["terminated"] for state in states if "terminated" in state]
    return any((each["exitCode"], each["reason"]) == (seen.code, seen.reason) for each in ended)


def _conditions(obj: Object) -> list[Object]:
    return list((obj.get("status") or {}).get("conditions") or ())


def _value(obj: Object, path: str) -> object:
    try:
        return get(obj, path)
    except NoSuchField:
        return None


def _line(entry: Entry) -> str:
    obj = entry.object
    if entry.kind == "Event":
        about = obj["involvedObject"]
        return f"{about['kind']}/{about['name']}: {obj['type']} {obj['reason']} {obj.get('message', '')}"
    status = obj.get("status") or {}
    told = [f"{c['type']}={c.get('status')} {c.get('reason')} {c.get('message')}" for c in _conditions(obj)]
    operation = status.get("operationState") or {}
    if operation:
        told.append(f"{operation.get('phase')}: {operation.get('message')}")
    told += [f"{part} {status[part].get('status')}" for part in ("sync", "health") if part in status]
    told += [str(each["state"]) for each in status.get("containerStatuses") or ()]
    return f"{entry.kind}/{entry.name}: {'; '.join(told)}" if told else ""
