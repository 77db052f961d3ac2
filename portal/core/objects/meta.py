"""What every Kubernetes object carries, and how its JSON is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Any

from portal.core.cluster import KubeObject

_LABELS = (
    "tenant",
    "app.kubernetes.io/name",
    "crossplane.io/claim-name",
    "crossplane.io/claim-namespace",
)
_NO_LABELS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Owner:
    """One ownerReference."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Meta:
    """Identity of an object; times are seconds since the epoch, `labels` those the portal reads."""

    kind: str
    name: str
    namespace: str = ""
    uid: str = ""
    api_version: str = ""
    created_at: float | None = None
    deleting: bool = False
    generation: int = 0
    owners: tuple[Owner, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: _NO_LABELS)

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return (self.namespace, self.name)

    def owned_by(self, other: "Meta") -> bool:
        """Whether `other` is among the owners, by uid where both have one."""
        return any(
            owner.uid == other.uid
            if owner.uid and other.uid
            else (owner.kind, owner.name) == (other.kind, other.name)
            for owner in self.owners
        )


@dataclass(frozen=True, slots=True)
class Condition:
    """One status condition; `since` is its last transition."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: float | None = None


def dig(value: object, *path: str) -> Any:
    """The value at a path of mapping keys, None where the path ends early.

    Parsed JSON holds plain dictionaries, which are recognised before anything dearer is asked.
    """
    for step in path:
        if type(value) is not dict and (value is None or not isinstance(value, Mapping)):
            return None
        value = value.get(step)
    return value


def text(value: object, *path: str) -> str:
    """The string at a path, "" where there is none."""
    # One key of a plain dictionary is what nearly every call asks for.
    found = value.get(path[0]) if len(path) == 1 and type(value) is dict else dig(value, *path)
    return found if type(found) is str else ""


def number(value: object, *path: str, default: int = 0) -> int:
    """The integer at a path."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def mappings(value: object, *path: str) -> Iterator[Mapping[str, Any]]:
    """The mappings of the list at a path."""
    found = dig(value, *path)
    if isinstance(found, list | tuple):
        for item in found:
            if type(item) is dict or isinstance(item, Mapping):
                yield item


def strings(value: object, *path: str) -> dict[str, str]:
    """The string pairs of the mapping at a path."""
    found = dig(value, *path)
    if not isinstance(found, Mapping):
        return {}
    return {str(key): item for key, item in found.items() if isinstance(item, str)}


def moment(value: object, *path: str) -> float | None:
    """Seconds since the epoch of the RFC 3339 time at a path."""
    written = text(value, *path) if path else value
    return _epoch(written) if isinstance(written, str) and written else None


@lru_cache(maxsize=4096)
def _epoch(written: str) -> float | None:
    """One sync of a fleet stamps thousands of objects with the same few seconds."""
    try:
        parsed = datetime.fromisoformat(written)
    except ValueError:
        return None
    return parsed.timestamp() if parsed.tzinfo else None


def meta_of(item: KubeObject, *, kind: str = "") -> Meta:
    """Identity of a raw object; `kind` serves where list items do not repeat theirs."""
    meta = item.get("metadata")
    return Meta(
        kind=intern(text(item, "kind") or kind),
        name=intern(text(meta, "name")),
        namespace=intern(text(meta, "namespace")),
        uid=text(meta, "uid"),
        api_version=intern(text(item, "apiVersion")),
        created_at=moment(meta, "creationTimestamp"),
        deleting=bool(text(meta, "deletionTimestamp")),
        generation=number(meta, "generation"),
        owners=_owners(dig(meta, "ownerReferences")),
        labels=_labels(dig(meta, "labels")),
    )


def _owners(owners: object) -> tuple[Owner, ...]:
    if not owners:
        return ()
    return tuple(
        Owner(kind=intern(text(owner, "kind")), name=text(owner, "name"), uid=text(owner, "uid"))
        for owner in mappings(owners)
    )


def _labels(labels: object) -> Mapping[str, str]:
    """Those the portal reads: thousands of objects repeat the rest."""
    if not labels or not isinstance(labels, Mapping):
        return _NO_LABELS
    kept = {key: intern(labels[key]) for key in _LABELS if key in labels and isinstance(labels[key], str)}
    return kept or _NO_LABELS


def conditions_of(item: KubeObject, *kinds: str) -> tuple[Condition, ...]:
    """The status conditions of a raw object; only those of some types where types are named."""
    return tuple(
        Condition(
            type=intern(text(found, "type")),
            status=intern(text(found, "status")),
            reason=intern(text(found, "reason")),
            message=text(found, "message"),
            since=moment(found, "lastTransitionTime"),
        )
        for found in mappings(item, "status", "conditions")
        if not kinds or found.get("type") in kinds
    )


def condition(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """The condition of one type."""
    return next((found for found in conditions if found.type == kind), None)
