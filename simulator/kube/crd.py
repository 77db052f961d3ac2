"""CustomResourceDefinitions: from a stored definition to served resources."""

from collections.abc import Iterator, Sequence
from typing import Final

from simulator.kube.resource import Column, Resource
from simulator.kube.schema.nodes import structural
from simulator.kube.status import Cause, Object
from simulator.kube.storage.store import Store, Stored
from simulator.kube.validation import expressions
from simulator.kube.validation.custom import validator

STORAGE: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
CLEANUP: Final = "customresourcecleanup.apiextensions.k8s.io"
AGE: Final = Column("Age", "date", ".metadata.creationTimestamp")


def causes(value: Object) -> Iterator[Cause]:
    """What makes a definition invalid."""
    spec, name = value["spec"], value["metadata"].get("name", "")
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
        else:
            yield from expressions.faults(one["schema"]["openAPIV3Schema"], _schema_path(versions, at))


def _schema_path(versions: Sequence[Object], at: int) -> str:
    """Where a schema stands: above all versions where they share it."""
    shared = all(one.get("schema") == versions[0].get("schema") for one in versions)
    return f"{'spec.validation' if shared else f'spec.versions[{at}].schema'}.openAPIV3Schema"


def resources(value: Object) -> Iterator[Resource]:
    """The served versions of a definition."""
    spec = value["spec"]
    for version in spec["versions"]:
        if version.get("served"):
            yield _resource(spec, version)


def _resource(spec: Object, version: Object) -> Resource:
    names, subresources = spec["names"], version.get("subresources") or {}
    raw = version["schema"]["openAPIV3Schema"]
    compiled = structural(raw)
    columns = tuple(_column(one) for one in version.get("additionalPrinterColumns") or ()) or (AGE,)
    return Resource(
        group=spec["group"],
        version=version["name"],
        kind=names["kind"],
        plural=names["plural"],
        singular=names.get("singular") or names["kind"].lower(),
        namespaced=spec["scope"] == "Namespaced",
        schema_of=lambda: compiled,
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
        selectable=tuple(one["jsonPath"].lstrip(".") for one in version.get("selectableFields") or ()),
        validator=validator(raw),
        rules=expressions.later(raw),
        raw_schema=raw,
    )


def _column(raw: Object) -> Column:
    return Column(raw["name"], raw["type"], raw["jsonPath"], raw.get("format", ""), raw.get("priority", 0))


def instances(store: Store, definition: Object) -> list[Stored]:
    """The custom resources of a definition."""
    spec = definition["spec"]
    return list(store.collection(spec["group"], spec["names"]["plural"]).scan())


def has_instances(store: Store, definition: Object) -> bool:
    return bool(instances(store, definition))
