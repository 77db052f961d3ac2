"""The life of CustomResourceDefinitions: served once stored, established, and cleaned up after."""

from simulator.kube.crd import CLEANUP, STORAGE, instances, resources
from simulator.kube.status import Object
from simulator.kube.storage.registry import Registry
from simulator.kube.storage.store import Event, Store, Stored
from simulator.kube.verbs.deleting import Options, delete, let_go
from simulator.kube.verbs.writing import Writer


class Definitions:
    """Keeps the registry and the conditions of every definition in step with the stored definitions."""

    def __init__(self, store: Store, registry: Registry, writer: Writer) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._schemas: dict[str, Object] = {}
        self._ending: set[tuple[str, str]] = set()
        self.due = False
        store.listeners.append(self._changed)

    def _changed(self, where: tuple[str, str], event: Event) -> None:
        if where != STORAGE:
            self.due = self.due or (event.type == "DELETED" and where in self._ending)
            return
        self.due = True
        value = event.stored.value
        name = event.stored.name
        group, plural = value["spec"]["group"], value["spec"]["names"]["plural"]
        if event.type == "DELETED":
            self._schemas.pop(name, None)
            self._ending.discard((group, plural))
            self._registry.drop(group, plural)
        elif self._schemas.get(name) != value["spec"]:
            self._schemas[name] = value["spec"]
            self._registry.drop(group, plural)
            for resource in resources(value):
                self._registry.add(resource)

    def attend(self) -> None:
        """Establish new definitions, and delete what is left of those that go."""
        self.due = False
        for stored in list(self._store.collection(*STORAGE).scan()):
            if stored.metadata.get("deletionTimestamp"):
                self._clean_up(stored)
            else:
                self._establish(stored)

    def _clean_up(self, stored: Stored) -> None:
        group, plural = stored.value["spec"]["group"], stored.value["spec"]["names"]["plural"]
        resource = self._registry.stored(group, plural)
        self._ending.add((group, plural))
        for one in instances(self._store, stored.value):
            if resource is not None and not one.metadata.get("deletionTimestamp"):
                delete(self._writer, resource, one, Options())
        definition = self._registry.stored(*STORAGE)
        cleaned = not instances(self._store, stored.value)
        if definition is not None and cleaned and CLEANUP in (stored.metadata.get("finalizers") or ()):
            let_go(self._writer, definition, stored, CLEANUP)

    def _establish(self, stored: Stored) -> None:
        """Write the conditions of a definition that has none yet."""
        status = stored.value.get("status") or {}
        accepted = stored.value["spec"]["names"]
        if status.get("conditions") and status.get("acceptedNames") == accepted:
            return
        now = self._writer.now()
        conditions = [
            _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
            _condition("Established", "InitialNamesAccepted", "the initial names have been accepted", now),
        ]
        status = {**status, "conditions": conditions, "acceptedNames": accepted}
        metadata = dict(stored.metadata)
        self._store.write(STORAGE, {**stored.value, "metadata": metadata, "status": status})


def _condition(kind: str, reason: str, message: str, now: str) -> Object:
    return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}
