"""What every Kubernetes object carries, and how its JSON is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from portal.core.cluster import KubeObject


@dataclass(frozen=True, slots=True)
class Owner:
    """One ownerReference."""

    kind: str
    name: str
    uid: str


@dataclass(frozen=True, slots=True)
class Meta:
    """Identity of an object; times are seconds since the epoch."""

    kind: str
    name: str
    namespace: str = ""
    uid: str = ""
    api_version: str = ""
    created_at: float | None = None
    deleting: bool = False
    generation: int = 0
    owners: tuple[Owner, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

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
    """The value at a path of mapping keys, None where the path ends early."""
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def text(value: object, *path: str) -> str:
    """The string at a path, "" where there is none."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str, default: int = 0) -> int:
    """The integer at a path."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def mappings(value: object, *path: str) -> Iterator[Mapping[str, Any]]:
    """The mappings of the list at a path."""
    found = dig(value, *path)
    if isinstance(found, list | tuple):
        yield from (item for item in found if isinstance(item, Mapping))


def strings(value: object, *path: str) -> dict[str, str]:
    """The string pairs of the mapping at a path."""
    found = dig(value, *path)
    if not isinstance(found, Mapping):
        return {}
    return {str(key): item for key, item in found.items() if isinstance(item, str)}


def moment(value: object, *path: str) -> float | None:
    """Seconds since the epoch of the RFC 3339 time at a path."""
    written = text(value, *path) if path else value
    if not isinstance(written, str) or not written:
        return None
    try:
        parsed = datetime.fromisoformat(written)
    except ValueError:
        return None
    return parsed.timestamp() if parsed.tzinfo else None


def meta_of(item: KubeObject, *, kind: str = "") -> Meta:
    """Identity of a raw object; `kind` serves where list items do not repeat theirs."""
    owners = tuple(
        Owner(kind=text(owner, "kind"), name=text(owner, "name"), uid=text(owner, "uid"))
        for owner in mappings(item, "metadata", "ownerReferences")
    )
    return Meta(
        kind=text(item, "kind") or kind,
        name=text(item, "metadata", "name"),
        namespace=text(item, "metadata", "namespace"),
        uid=text(item, "metadata", "uid"),
        api_version=text(item, "apiVersion"),
        created_at=moment(item, "metadata", "creationTimestamp"),
        deleting=bool(text(item, "metadata", "deletionTimestamp")),
        generation=number(item, "metadata", "generation"),
        owners=owners,
        labels=strings(item, "metadata", "labels"),
    )


def conditions_of(item: KubeObject) -> tuple[Condition, ...]:
    """The status conditions of a raw object."""
    return tuple(
        Condition(
            type=text(found, "type"),
            status=text(found, "status"),
            reason=text(found, "reason"),
            message=text(found, "message"),
            since=moment(found, "lastTransitionTime"),
        )
        for found in mappings(item, "status", "conditions")
    )


def condition(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """The condition of one type."""
    return next((found for found in conditions if found.type == kind), None)
