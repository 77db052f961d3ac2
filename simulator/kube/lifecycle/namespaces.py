"""The life of namespaces: what every one is given, and how one ends."""

from typing import Final

from simulator.kube.access.rbac import GROUP
from simulator.kube.access.roles import bootstrap
from simulator.kube.status import Object
from simulator.kube.storage.registry import Registry
from simulator.kube.storage.store import Event, Store, Stored
from simulator.kube.verbs.deleting import Options, delete
from simulator.kube.verbs.writing import NAMESPACES, Author, Writer

DEFAULT: Final = ("default", "kube-system", "kube-public", "kube-node-lease")
ROOT_CA: Final = "kube-root-ca.crt"
_CONTROLLER: Final = Author("kube-controller-manager")
_DESCRIPTION: Final = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such "
    "as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions "
    "of Kubernetes clusters."
)
_CONDITIONS: Final = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    (
        "NamespaceDeletionGroupVersionParsingFailure",
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed",
    ),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


class Namespaces:
    """Furnishes new namespaces and empties those that are to go."""

    def __init__(self, store: Store, registry: Registry, writer: Writer, ca: str) -> None:
        self._store = store
        self._registry = registry
        self._writer = writer
        self._ca = ca
        self._due: dict[str, None] = {}
        store.listeners.append(self._noted)

    @property
    def due(self) -> bool:
        return bool(self._due)

    def _noted(self, where: tuple[str, str], event: Event) -> None:
        name = event.stored.name if where == NAMESPACES else event.stored.namespace
        furnishing = where in {("", "configmaps"), ("", "serviceaccounts")} and event.stored.name in {
            ROOT_CA,
            "default",
        }
        if where == NAMESPACES or (
            name and event.type == "DELETED" and (furnishing or self._terminating(name))
        ):
            self._due[name] = None

    def _terminating(self, name: str) -> bool:
        found = self._store.collection(*NAMESPACES).get("", name)
        return found is not None and bool(found.metadata.get("deletionTimestamp"))

    def begin(self) -> None:
        """Make the namespaces, roles and bindings that are always there."""
        for name in DEFAULT:
            if self._store.collection(*NAMESPACES).get("", name) is None:
                self._create("v1", "Namespace", "", {"metadata": {"name": name}})
        for kind, body in bootstrap():
            self._create(f"{GROUP}/v1", kind, "", body)

    def attend(self) -> None:
        """Work through the namespaces something happened to."""
        while self._due:
            name = next(iter(self._due))
            del self._due[name]
            found = self._store.collection(*NAMESPACES).get("", name)
            if found is None:
                continue
            if found.metadata.get("deletionTimestamp"):
                self._empty(found)
            else:
                self._furnish(name)

    def _furnish(self, name: str) -> None:
        if self._store.collection("", "configmaps").get(name, ROOT_CA) is None:
            annotations = {"kubernetes.io/description": _DESCRIPTION}
            metadata = {"name": ROOT_CA, "annotations": annotations}
            self._create("v1", "ConfigMap", name, {"metadata": metadata, "data": {"ca.crt": self._ca}})
        if self._store.collection("", "serviceaccounts").get(name, "default") is None:
            self._create("v1", "ServiceAccount", name, {"metadata": {"name": "default"}})

    def create(self, value: Object, namespace: str = "") -> None:
        """Store an object on behalf of the cluster itself."""
        resource = self._registry.of_kind(value["apiVersion"], value["kind"])
        if resource is not None:
            self._writer.create(resource, namespace, value, _CONTROLLER)

    def _create(self, version: str, kind: str, namespace: str, value: Object) -> None:
        self.create({"apiVersion": version, "kind": kind, **value}, namespace)

    def _empty(self, namespace: Stored) -> None:
        """Delete what is inside; when nothing is left, let the namespace go."""
        name = namespace.name
        remaining: dict[str, int] = {}
        holding: dict[str, int] = {}
        for resource in self._registry.storages(namespaced=True):
            collection = self._store.collection(*resource.storage)
            for stored in list(collection.scan(name)):
                if not stored.metadata.get("deletionTimestamp"):
                    delete(self._writer, resource, stored, Options())
            left = list(collection.scan(name))
            if left:
                qualified = f"{resource.plural}.{resource.group}" if resource.group else f"{resource.plural}."
                remaining[qualified] = len(left)
            for finalizer in (one for stored in left for one in stored.metadata.get("finalizers") or ()):
                holding[finalizer] = holding.get(finalizer, 0) + 1
        current = self._store.collection(*NAMESPACES).get("", name)
        if current is not None:
            self._conclude(current, remaining, holding)

    def _conclude(self, namespace: Stored, remaining: dict[str, int], holding: dict[str, int]) -> None:
        resource = self._registry.stored(*NAMESPACES)
        if resource is None:
            return
        if not remaining:
            held = namespace.value["spec"].get("finalizers") or []
            left = [one for one in held if one != "kubernetes"]
            spec = {"finalizers": left} if left else {}
            value = {**namespace.value, "metadata": dict(namespace.metadata), "spec": spec}
            if left != held:
                self._writer.finalized(resource, namespace, value)
            return
        conditions = _conditions(namespace.value.get("status") or {}, remaining, holding, self._writer.now())
        status = {"phase": "Terminating", "conditions": conditions}
        if namespace.value.get("status") != status:
            value = {**namespace.value, "metadata": dict(namespace.metadata), "status": status}
            self._store.write(NAMESPACES, value)


def _conditions(status: Object, remaining: dict[str, int], holding: dict[str, int], now: str) -> list[Object]:
    """What the namespace controller reports while something is left."""
    before = {one["type"]: one for one in status.get("conditions") or ()}
    found = [_condition(kind, "False", reason, message) for kind, reason, message in _CONDITIONS]
    listed = ", ".join(f"{name} has {count} resource instances" for name, count in sorted(remaining.items()))
    message = f"Some resources are remaining: {listed}"
    found.append(_condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", message))
    if holding:
        listed = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(holding.items()))
        message = f"Some content in the namespace has finalizers remaining: {listed}"
        found.append(_condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", message))
    for one in found:
        old = before.get(one["type"], {})
        same = old.get("status") == one["status"]
        one["lastTransitionTime"] = old.get("lastTransitionTime", now) if same else now
    return found


def _condition(kind: str, status: str, reason: str, message: str) -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}
