"""What a field may hold and how it merges: one node type for built-in kinds and custom resources."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import orjson

from simulator.kube.schema.pointers import POINTERS
from simulator.kube.status import Object

MINOR: Final = "v1.36.0-local"
META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PREFIXES: Final = (
    "io.k8s.api.",
    "io.k8s.apimachinery.pkg.apis.",
    "io.k8s.apiextensions-apiserver.pkg.apis.",
)
_OPAQUE: Final = ("FieldsV1", "RawExtension", ".JSON", "JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray")
_INT_OR_STRING: Final = ("IntOrString", "Quantity")
_KEY_DEFAULTS: Final = {"protocol": "TCP"}


@dataclass(slots=True, eq=False)
class Schema:
    """One node. `form` is object, list, scalar or any; a map is an object with `values` and no properties.

    A scalar that `vanishes` is one of a built-in kind whose zero value is not kept; what `fills` has a
    default somewhere below.
    """

    form: str = "any"
    name: str = ""
    scalar: str = ""
    format: str = ""
    properties: "dict[str, Schema]" = field(default_factory=dict)
    values: "Schema | None" = None
    items: "Schema | None" = None
    preserve: bool = False
    embedded: bool = False
    atomic: bool = False
    is_set: bool = False
    keys: tuple[str, ...] = ()
    merge_key: str = ""
    merge: bool = False
    retain_keys: bool = False
    replaces: bool = False
    nullable: bool = False
    has_default: bool = False
    vanishes: bool = False
    fills: bool = False
    default: Any = None

    def child(self, key: str) -> "Schema | None":
        """The node of one field; None when the field is not declared."""
        found = self.properties.get(key)
        if found is not None:
            return found
        if self.values is not None:
            return self.values
        return ANY if self.preserve or self.form == "any" else None

    @property
    def is_map(self) -> bool:
        return self.form == "object" and not self.properties and self.values is not None

    def key_of(self, item: Any) -> tuple[Any, ...]:
        """The values of the list's key fields, with the defaults that take part in identity."""
        return tuple(item.get(key, _KEY_DEFAULTS.get(key)) for key in self.keys)


ANY: Final = Schema()


def walk_objects(schema: Schema, value: Any, visit: Callable[[Schema, Object], None]) -> None:
    """Call `visit` on every declared object below `value`, parents before children."""
    if schema.form == "object" and isinstance(value, dict):
        visit(schema, value)
        for key, item in value.items():
            child = schema.properties.get(key) or schema.values
            if child is not None and child.form in {"object", "list"}:
                walk_objects(child, item, visit)
    elif schema.form == "list" and isinstance(value, list):
        below = schema.items
        for item in value if below is not None and below.form in {"object", "list"} else ():
            walk_objects(below or ANY, item, visit)


@cache
def definitions() -> dict[str, Object]:
    """The OpenAPI definitions of the built-in kinds, by full name.

    They are read from a package's files; the package itself would load a library that nothing here uses.
    """
    package = find_spec("kubernetes_validate")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("kubernetes-validate is not installed, which holds the built-in schemas")
    folder = Path(package.submodule_search_locations[0]) / "kubernetes-json-schema" / MINOR
    found: dict[str, Object] = orjson.loads((folder / "_definitions.json").read_bytes())["$defs"]
    return found


@cache
def _kinds() -> frozenset[tuple[str, str]]:
    marks = (raw.get("x-kubernetes-group-version-kind") or () for raw in definitions().values())
    return frozenset(
        ("/".join(filter(None, (mark["group"], mark["version"]))), mark["kind"])
        for each in marks
        for mark in each
    )


def is_built_in(version: str, kind: str) -> bool:
    """Whether a kind of that apiVersion is one every cluster has."""
    return (version, kind) in _kinds()


_compiled: dict[str, Schema] = {}


def definition(name: str) -> Schema:
    """The compiled node of a built-in definition."""
    known = _compiled.get(name)
    if known is not None:
        return known
    node = Schema()
    _compiled[name] = node
    _fill(node, name, definitions()[name])
    return node


def _fill(node: Schema, name: str, raw: Object) -> None:
    node.name = short(name)
    node.atomic = raw.get("x-kubernetes-map-type") == "atomic"
    if name.endswith(_INT_OR_STRING):
        node.form, node.scalar = "scalar", "int-or-string"
        node.format = "quantity" if name.endswith("Quantity") else ""
    elif name.endswith(_OPAQUE):
        node.form, node.atomic = "any", True
    elif "properties" in raw:
        node.form = "object"
        node.properties = {key: _property(sub) for key, sub in raw["properties"].items()}
        _let_vanish(node, raw.get("required", ()))
    elif _kind(raw) == "object":
        node.form, node.preserve = "object", True
    else:
        node.form, node.scalar, node.format = "scalar", _kind(raw) or "string", raw.get("format", "")


def _let_vanish(node: Schema, required: Sequence[str]) -> None:
    """Optional scalars are left out by Go when they are zero, unless it can tell zero from unset."""
    kept = POINTERS.get(node.name, frozenset())
    for key, child in node.properties.items():
        if child.form == "scalar" and not child.name and key not in required and key not in kept:
            child.vanishes = True


def short(name: str) -> str:
    """`core.v1.Pod` for `io.k8s.api.core.v1.Pod`."""
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return name


def _kind(raw: Object) -> str:
    kind = raw.get("type", "")
    return str(next((one for one in kind if one != "null"), "")) if isinstance(kind, list) else str(kind)


def _property(raw: Object) -> Schema:
    reference = raw.get("$ref")
    if reference:
        node = definition(str(reference).removeprefix("#/$defs/"))
        marks = {key for key in raw if key.startswith("x-kubernetes-")}
        return _marked(replace(node), raw) if marks else node
    kind = _kind(raw)
    if kind == "array":
        node = Schema(form="list", items=_property(raw["items"]))
    elif kind == "object":
        values = raw.get("additionalProperties")
        node = Schema(form="object", values=_property(values) if values else None, preserve=not values)
    elif kind:
        node = Schema(form="scalar", scalar=kind, format=raw.get("format", ""))
    else:
        node = Schema(atomic=True)
    return _marked(node, raw)


def _marked(node: Schema, raw: Object) -> Schema:
    """Set what the OpenAPI extensions say about merging."""
    strategies = str(raw.get("x-kubernetes-patch-strategy", "")).split(",")
    node.merge = "merge" in strategies
    node.retain_keys = "retainKeys" in strategies
    node.replaces = "replace" in strategies
    node.merge_key = raw.get("x-kubernetes-patch-merge-key", "")
    if node.form == "list":
        kind = raw.get("x-kubernetes-list-type", "atomic")
        node.atomic = kind == "atomic"
        node.is_set = kind == "set"
        node.keys = tuple(raw.get("x-kubernetes-list-map-keys", ())) if kind == "map" else ()
    elif raw.get("x-kubernetes-map-type"):
        node.atomic = raw["x-kubernetes-map-type"] == "atomic"
    return node


def structural(raw: Object, *, root: bool = True) -> Schema:
    """Compile the schema of a custom resource; its metadata is the built-in ObjectMeta."""
    kind = raw.get("type", "")
    node = Schema(
        format=raw.get("format", ""),
        preserve=bool(raw.get("x-kubernetes-preserve-unknown-fields")),
        embedded=bool(raw.get("x-kubernetes-embedded-resource")),
        nullable=bool(raw.get("nullable")),
        has_default="default" in raw,
        default=raw.get("default"),
    )
    if kind == "array":
        node.form, node.items = "list", structural(raw.get("items", {}), root=False)
        _marked(node, raw)
    elif raw.get("x-kubernetes-int-or-string"):
        node.form, node.scalar = "scalar", "int-or-string"
    elif kind == "object" or "properties" in raw:
        _structural_object(node, raw)
    elif kind:
        node.form, node.scalar = "scalar", kind
    below = (*node.properties.values(), *filter(None, (node.items, node.values)))
    node.fills = any(one.has_default or one.fills for one in below)
    if root or node.embedded:
        scalar = Schema(form="scalar", scalar="string")
        node.properties |= {"apiVersion": scalar, "kind": scalar, "metadata": definition(META)}
    return node


def _structural_object(node: Schema, raw: Object) -> None:
    node.form = "object"
    node.atomic = raw.get("x-kubernetes-map-type") == "atomic"
    node.properties = {key: structural(sub, root=False) for key, sub in raw.get("properties", {}).items()}
    values = raw.get("additionalProperties")
    if isinstance(values, dict):
        node.values = structural(values, root=False)
    elif values:
        node.values = ANY
