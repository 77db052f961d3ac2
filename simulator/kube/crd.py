"""CustomResourceDefinitions: from a stored definition to served resources."""

from collections.abc import Iterator
from typing import Final

from simulator.kube.registry import Registry
from simulator.kube.resource import Column, Resource
from simulator.kube.schema import structural
from simulator.kube.status import Cause, Object
from simulator.kube.store import Event, Store
from simulator.kube.validation import validator

STORAGE: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
AGE: Final = Column("Age", "date", ".metadata.creationTimestamp")


def causes(value: Object) -> Iterator[Cause]:
    """What makes a definition invalid."""
    spec, name = value["spec"], value["metadata"]["name"]
    names = spec.get("names") or {}
    for field in ("plural", "kind"):
        if not names.get(field):
            yield Cause(f"spec.names.{field}", "FieldValueRequired", "Required value")
    expected = f"{names.get('plural', '')}.{spec.get('group', '')}"
    if name != expected:
        message = f'Invalid value: "{name}": must be spec.names.plural+"."+spec.group'
        yield Cause("metadata.name", "FieldValueInvalid", message)
    if spec.get("scope") not in {"Namespaced", "Cluster"}:
        message = f'Unsupported value: "{spec.get("scope", "")}": supported values: "Cluster", "Namespaced"'
        yield Cause("spec.scope", "FieldValueNotSupported", message)
    versions = spec.get("versions") or ()
    if sum(bool(one.get("storage")) for one in versions) != 1:
        message = "Invalid value: must have exactly one version marked as storage version"
        yield Cause("spec.versions", "FieldValueInvalid", message)
    for at, one in enumerate(versions):
        if not (one.get("schema") or {}).get("openAPIV3Schema"):
            field = f"spec.versions[{at}].schema.openAPIV3Schema"
            yield Cause(field, "FieldValueRequired", "Required value: schemas are required")


def resources(value: Object) -> Iterator[Resource]:
    """The served versions of a definition."""
    spec = value["spec"]
    for version in spec["versions"]:
        if version.get("served"):
            yield _resource(spec, version)


def _resource(spec: Object, version: Object) -> Resource:
    names, subresources = spec["names"], version.get("subresources") or {}
    raw = version["schema"]["openAPIV3Schema"]
    columns = tuple(_column(one) for one in version.get("additionalPrinterColumns") or ()) or (AGE,)
    return Resource(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        schema=structural(raw),
        list_kind=names.get("listKind", ""),
        short_names=tuple(names.get("shortNames") or ()),
        categories=tuple(names.get("categories") or ()),
        subresources=tuple(sorted(key for key in ("scale", "status") if subresources.get(key) is not None)),
        storage=(spec["group"], names["plural"]),
        custom=True,
        has_status=subresources.get("status") is not None,
        counts_generation=True,
        scale=subresources.get("scale"),
        columns=columns,
        validator=validator(raw),
        raw_schema=raw,
    )


def _column(raw: Object) -> Column:
    return Column(raw["name"], raw["type"], raw["jsonPath"], raw.get("format", ""), raw.get("priority", 0))


class Definitions:
    """Keeps the registry and the conditions of every definition in step with the stored definitions."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        store.listeners.append(self._changed)
        self._schemas: dict[str, Object] = {}

    def _changed(self, where: tuple[str, str], event: Event) -> None:
        if where != STORAGE:
            return
        value = event.stored.value
        name = event.stored.name
        group, plural = value["spec"]["group"], value["spec"]["names"]["plural"]
        if event.type == "DELETED":
            self._schemas.pop(name, None)
            self._registry.drop(group, plural)
        elif self._schemas.get(name) != value["spec"]:
            self._schemas[name] = value["spec"]
            self._registry.drop(group, plural)
            for resource in resources(value):
                self._registry.add(resource)

    def establish(self, now: str) -> None:
        """Write the conditions of definitions that have none yet."""
        for stored in list(self._store.collection(*STORAGE).scan()):
            status = stored.value.get("status") or {}
            accepted = stored.value["spec"]["names"]
            if status.get("conditions") and status.get("acceptedNames") == accepted:
                continue
            conditions = [
                _condition("NamesAccepted", "NoConflicts", "no conflicts found", now),
                _condition(
                    "Established", "InitialNamesAccepted", "the initial names have been accepted", now
                ),
            ]
            status = {**status, "conditions": conditions, "acceptedNames": accepted}
            metadata = dict(stored.metadata)
            self._store.write(STORAGE, {**stored.value, "metadata": metadata, "status": status})


def _condition(kind: str, reason: str, message: str, now: str) -> Object:
    return {"type": kind, "status": "True", "lastTransitionTime": now, "reason": reason, "message": message}
