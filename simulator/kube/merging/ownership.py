"""managedFields: who owns which field after an update or an apply, and who stands in the way of one."""

from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from simulator.kube.merging.fieldset import (
    Difference,
    FieldSet,
    created,
    fields_of,
    parse,
    render,
    with_member,
    without_member,
)
from simulator.kube.merging.merge import merge, remove
from simulator.kube.schema.nodes import Schema
from simulator.kube.status import Cause, Object, Refusal

APPLY: Final = "Apply"
UPDATE: Final = "Update"
KUBECTL: Final = "kubectl"
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Manager:
    """Who writes: the identity of one managedFields entry. An applier is the same in every version."""

    name: str
    operation: str
    version: str
    subresource: str = ""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        version = "" if self.operation == APPLY else self.version
        return (self.name, self.operation, version, self.subresource)


@dataclass(slots=True)
class Share:
    """What one manager owns, as a FieldsV1 tree that is never changed, only replaced."""

    manager: Manager
    tree: Object
    time: str

    @property
    def fields(self) -> FieldSet:
        return parse(self.tree)

    def gain(self, fields: FieldSet) -> None:
        for path in sorted(fields):
            self.tree = with_member(self.tree, path)

    def lose(self, fields: FieldSet) -> None:
        for path in fields:
            self.tree = without_member(self.tree, path)


class Ownership:
    """The managedFields of one object while a write is worked out."""

    def __init__(self, entries: Iterable[Object]) -> None:
        self._shares: dict[tuple[str, str, str, str], Share] = {}
        for entry in entries:
            manager = Manager(
                entry.get("manager", ""),
                entry.get("operation", ""),
                entry.get("apiVersion", ""),
                entry.get("subresource", ""),
            )
            share = Share(manager, entry.get("fieldsV1") or {}, entry.get("time", ""))
            self._shares[manager.identity] = share

    def render(self) -> list[Object]:
        """The entries in the order of the real server: appliers first, then by time."""
        shares = [share for share in self._shares.values() if share.tree]
        shares.sort(key=lambda share: (share.manager.operation, share.time, share.manager.identity))
        return [_entry(share) for share in shares]

    def fields(self, manager: Manager) -> FieldSet:
        share = self._shares.get(manager.identity)
        return share.fields if share else set()

    def owned(self) -> FieldSet:
        return set().union(*(share.fields for share in self._shares.values()))

    def updated(self, manager: Manager, difference: Difference, now: str) -> None:
        """Hand every field that an update changed to its writer."""
        taken = difference.taken
        for share in self._shares.values():
            if share.manager.identity != manager.identity:
                share.lose(taken)
            share.lose(difference.removed)
        if taken:
            own = self._shares.setdefault(manager.identity, Share(manager, {}, now))
            own.gain(taken)
            own.time = now
            own.manager = manager

    def begun(self, manager: Manager, schema: Schema, blank: Object, value: Object, now: str) -> None:
        """Hand everything a new object holds to its writer."""
        self._shares[manager.identity] = Share(manager, created(schema, blank, value), now)

    def claim(self, manager: Manager, fields: FieldSet, now: str) -> None:
        """Replace what an applier owns by what its configuration holds now."""
        own = self._shares.setdefault(manager.identity, Share(manager, {}, now))
        tree = render(fields)
        if own.tree != tree:
            own.tree, own.time = tree, now
        own.manager = manager

    def contest(self, manager: Manager, difference: Difference) -> dict[Manager, FieldSet]:
        """The other managers that own fields an apply would change."""
        taken = difference.taken
        others = (share for share in self._shares.values() if share.manager.identity != manager.identity)
        return {share.manager: both for share in others if (both := share.fields & taken)}

    def yielded(self, contested: dict[Manager, FieldSet], removed: FieldSet) -> None:
        for manager, fields in contested.items():
            self._shares[manager.identity].lose(fields)
        for share in self._shares.values():
            share.lose(removed)


def _entry(share: Share) -> Object:
    manager = share.manager
    entry: Object = {
        "manager": manager.name,
        "operation": manager.operation,
        "apiVersion": manager.version,
        "time": share.time,
        "fieldsType": "FieldsV1",
        "fieldsV1": share.tree,
    }
    if manager.subresource:
        entry["subresource"] = manager.subresource
    return entry


def apply(
    schema: Schema,
    live: Object,
    config: Object,
    ownership: Ownership,
    *,
    manager: Manager,
    now: str,
    force: bool,
) -> Object:
    """Server-side apply: merge, take ownership, drop what the manager gave up; raises a conflict."""
    before = ownership.fields(manager)
    merged: Any = merge(schema, live, config)
    ownership.claim(manager, fields_of(schema, config), now)
    merged = remove(schema, merged, abandoned(schema, before, ownership.owned()))
    difference = Difference(schema, live, merged)
    contested = ownership.contest(manager, difference)
    standing = _migrated(schema, live, contested) if manager.name == KUBECTL else contested
    if standing and not force:
        raise conflicts(standing)
    ownership.yielded(contested, difference.removed - ownership.fields(manager))
    result: Object = merged
    return result


def _migrated(schema: Schema, live: Object, contested: dict[Manager, FieldSet]) -> dict[Manager, FieldSet]:
    """What stays contested when kubectl moves from client-side to server-side apply.

    Fields that still hold what kubectl applied last were its own all along.
    """
    annotation = (live.get("metadata", {}).get("annotations") or {}).get(LAST_APPLIED)
    if not contested or not annotation:
        return contested
    try:
        last = orjson.loads(annotation)
    except orjson.JSONDecodeError:
        return contested
    changed = Difference(schema, last, live).taken
    return {manager: fields & changed for manager, fields in contested.items() if fields & changed}


def abandoned(schema: Schema, before: FieldSet, owned: FieldSet) -> FieldSet:
    """The fields an applier owned and that nobody owns now, with the named fields that held only them."""
    kept = {path[:length] for path in owned for length in range(1, len(path) + 1)}
    left = before | {
        path[:length] for path in before for length in range(1, len(path)) if _named(schema, path[:length])
    }
    return left - kept


def _named(schema: Schema, path: tuple[str, ...]) -> bool:
    """Whether a path ends in a declared field, not in a map key or a list item."""
    node: Schema | None = schema
    declared = False
    for key in path:
        if node is None:
            return False
        if key.startswith("f:"):
            declared = key[2:] in node.properties
            node = node.child(key[2:])
        else:
            declared, node = False, node.items
    return declared


def conflicts(contested: dict[Manager, FieldSet]) -> Refusal:
    """409 naming every manager and field."""
    causes: list[Cause] = []
    lines: dict[str, list[str]] = {}
    for manager, fields in contested.items():
        who = f'conflict with "{manager.name}"'
        if manager.subresource:
            who += f' with subresource "{manager.subresource}"'
        if manager.operation == UPDATE:
            who += f" using {manager.version}"
        for field in sorted(dotted(path) for path in fields):
            causes.append(Cause(field, "FieldManagerConflict", who))
            lines.setdefault(who, []).append(field)
    if len(causes) == 1:
        listed = f"{causes[0].message}: {causes[0].field}"
        message = f"Apply failed with 1 conflict: {listed}"
    else:
        listed = "\n".join(
            f"{who}:\n" + "\n".join(f"- {field}" for field in lines[who]) for who in sorted(lines)
        )
        message = f"Apply failed with {len(causes)} conflicts: {listed}"
    details = {"causes": [cause.render() for cause in causes]}
    return Refusal(HTTPStatus.CONFLICT, "Conflict", message, details)


def dotted(path: tuple[str, ...]) -> str:
    """`.spec.containers[name="c"].image`, as the real server prints a path."""
    parts: list[str] = []
    for key in path:
        kind, rest = key[:2], key[2:]
        if kind == "f:":
            parts.append(f".{rest}")
        elif kind == "k:":
            inner = rest[1:-1].replace('":', "=").replace(',"', ",").removeprefix('"')
            parts.append(f"[{inner}]")
        else:
            parts.append(f"[={rest}]")
    return "".join(parts)
