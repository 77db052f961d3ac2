"""The garbage collector: what depends on an owner goes with it, or is set free, or is waited for."""

from collections.abc import Iterable
from typing import Any, Final

from simulator.kube.resource import Resource
from simulator.kube.status import Object
from simulator.kube.storage.registry import Registry
from simulator.kube.storage.store import Event, Store, Stored
from simulator.kube.validation.metadata import FOREGROUND, ORPHAN
from simulator.kube.verbs.deleting import Options, delete, let_go
from simulator.kube.verbs.writing import Writer

Place = tuple[tuple[str, str], str]
_BLOCKED: Final = Options(propagation="Foreground")


class GarbageCollector:
    """Watches every commit, and does on `collect` what they made due."""

    def __init__(self, store: Store, registry: Registry, writer: Writer) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._places: dict[str, Place] = {}
        self._dependents: dict[str, set[str]] = {}
        self._due: dict[str, None] = {}
        store.listeners.append(self._noted)

    @property
    def due(self) -> bool:
        return bool(self._due)

    def _noted(self, where: tuple[str, str], event: Event) -> None:
        """Keep the graph in step; remember whom a commit concerns."""
        metadata, uid = event.stored.metadata, event.stored.metadata["uid"]
        before = _owners(event.previous.metadata) if event.previous else {}
        after = _owners(metadata) if event.type != "DELETED" else {}
        for owner in before.keys() - after.keys():
            self._dependents.get(owner, set()).discard(uid)
            if owner in self._places:
                self._due[owner] = None
        for owner in after:
            self._dependents.setdefault(owner, set()).add(uid)
        if event.type == "DELETED":
            self._places.pop(uid, None)
            for dependent in self._dependents.get(uid, ()):
                self._due[dependent] = None
            if not self._dependents.get(uid):
                self._dependents.pop(uid, None)
            return
        self._places[uid] = (where, event.stored.key)
        if after or {FOREGROUND, ORPHAN} & set(metadata.get("finalizers") or ()):
            self._due[uid] = None

    def collect(self) -> None:
        """Work through everything that is due, and through what that makes due."""
        while self._due:
            uid = next(iter(self._due))
            del self._due[uid]
            found = self._find(uid)
            if found is not None:
                self._process(*found)

    def _find(self, uid: str) -> tuple[Resource, Stored] | None:
        place = self._places.get(uid)
        if place is None:
            return None
        resource = self._registry.stored(*place[0])
        stored = self._store.collection(*place[0]).items.get(place[1])
        return (resource, stored) if resource is not None and stored is not None else None

    def _process(self, resource: Resource, stored: Stored) -> None:
        finalizers = stored.metadata.get("finalizers") or ()
        if stored.metadata.get("deletionTimestamp"):
            if FOREGROUND in finalizers:
                self._foreground(resource, stored)
            elif ORPHAN in finalizers:
                self._orphan(resource, stored)
            return
        self._attend(resource, stored)

    def _attend(self, resource: Resource, stored: Stored) -> None:
        """Delete a dependent none of whose owners is left; forget the owners that are gone."""
        owners = _owners(stored.metadata)
        if not owners:
            return
        solid: list[Object] = []
        waiting: list[Object] = []
        for uid, reference in owners.items():
            owner = self._find(uid)
            if owner is None or not _is(owner, reference, stored):
                continue
            deleting = owner[1].metadata.get("deletionTimestamp")
            (
                waiting if deleting and FOREGROUND in (owner[1].metadata.get("finalizers") or ()) else solid
            ).append(reference)
        if solid:
            gone = [one for one in owners.values() if one not in solid and one not in waiting]
            if gone or waiting:
                self._keep_owners(resource, stored, solid)
        elif waiting:
            blocking = any(one.get("blockOwnerDeletion") for one in waiting) and self._dependents.get(
                stored.metadata["uid"]
            )
            delete(self._writer, resource, stored, _BLOCKED if blocking else Options())
        else:
            delete(self._writer, resource, stored, Options(propagation=_inherited(stored)))

    def _foreground(self, resource: Resource, owner: Stored) -> None:
        """Delete the dependents; the owner goes when none blocks it any more."""
        uid = owner.metadata["uid"]
        blocked = False
        for dependent in list(self._dependents.get(uid, ())):
            found = self._find(dependent)
            if found is None:
                continue
            if not found[1].metadata.get("deletionTimestamp"):
                self._attend(*found)
                found = self._find(dependent)
            if found is not None and _owners(found[1].metadata).get(uid, {}).get("blockOwnerDeletion"):
                blocked = True
        if not blocked:
            let_go(self._writer, resource, owner, FOREGROUND)

    def _orphan(self, resource: Resource, owner: Stored) -> None:
        """Set the dependents free, then let the owner go."""
        uid = owner.metadata["uid"]
        for dependent in list(self._dependents.get(uid, ())):
            found = self._find(dependent)
            if found is not None:
                kept = [one for key, one in _owners(found[1].metadata).items() if key != uid]
                self._keep_owners(*found, kept)
        let_go(self._writer, resource, owner, ORPHAN)

    def _keep_owners(self, resource: Resource, stored: Stored, owners: Iterable[Object]) -> None:
        metadata = {**stored.metadata, "ownerReferences": list(owners)}
        if not metadata["ownerReferences"]:
            del metadata["ownerReferences"]
        self._store.write(resource.storage, {**stored.value, "metadata": metadata})


def _owners(metadata: Object) -> dict[str, Any]:
    return {one["uid"]: one for one in metadata.get("ownerReferences") or () if one.get("uid")}


def _is(owner: tuple[Resource, Stored], reference: Object, dependent: Stored) -> bool:
    """Whether an object is the one a reference names, and reachable from the dependent's namespace."""
    resource, stored = owner
    group = str(reference.get("apiVersion", "")).rpartition("/")[0]
    named = (group, reference.get("kind"), reference.get("name")) == (
        resource.group,
        resource.kind,
        stored.name,
    )
    return named and stored.namespace in {"", dependent.namespace}


def _inherited(stored: Stored) -> str:
    """An orphaning or waiting dependent keeps its own way of going."""
    finalizers = stored.metadata.get("finalizers") or ()
    if ORPHAN in finalizers:
        return "Orphan"
    return "Foreground" if FOREGROUND in finalizers else "Background"
