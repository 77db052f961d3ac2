"""Sets of fields: which exist in an object, which changed between two, and their FieldsV1 form."""

from typing import Any, Final

import orjson

from simulator.kube.schema import ANY, Schema
from simulator.kube.status import Object

Path = tuple[str, ...]
FieldSet = set[Path]
MISSING: Final = object()
_METADATA: Final = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "generation",
    "managedFields",
    "resourceVersion",
)
UNOWNED: Final[frozenset[Path]] = frozenset(
    {("f:apiVersion",), ("f:kind",), ("f:metadata",), *(("f:metadata", f"f:{key}") for key in _METADATA)}
)


def parse(fields: Object) -> FieldSet:
    """The set that a FieldsV1 tree stands for."""
    found: FieldSet = set()
    _parse(fields, (), found)
    return found


def _parse(node: Object, path: Path, found: FieldSet) -> None:
    for key, child in node.items():
        if key == ".":
            found.add(path)
        elif child:
            _parse(child, (*path, key), found)
        else:
            found.add((*path, key))


def render(fields: FieldSet) -> Object:
    """The FieldsV1 tree of a set."""
    tree: Object = {}
    for path in sorted(fields):
        node = tree
        for key in path:
            node = node.setdefault(key, {})
        node["."] = {}
    return _trim(tree)


def _trim(node: Object) -> Object:
    """A member without children is an empty object, not an object holding a dot."""
    return {key: {} if list(child) == ["."] else _trim(child) for key, child in node.items()}


def item_keys(schema: Schema, items: list[Any]) -> dict[str, Any]:
    """The items of an associative list by path element; of duplicates the first counts."""
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(item_key(schema, item), item)
    return found


def item_key(schema: Schema, item: Any) -> str:
    if schema.is_set:
        return "v:" + orjson.dumps(item).decode()
    if not isinstance(item, dict):
        return "v:" + orjson.dumps(item).decode()
    keys = {
        key: value for key, value in zip(schema.keys, schema.key_of(item), strict=True) if value is not None
    }
    return "k:" + orjson.dumps(keys, option=orjson.OPT_SORT_KEYS).decode()


def associative(schema: Schema) -> bool:
    """Whether the items of a list are owned one by one."""
    return schema.form == "list" and not schema.atomic and (schema.is_set or bool(schema.keys))


def children(schema: Schema, value: Any) -> dict[str, tuple[Schema, Any]] | None:
    """The parts of a value that are owned one by one; None when it is owned as a whole."""
    if isinstance(value, dict):
        if schema.atomic or schema.form not in {"object", "any"}:
            return None
        return {f"f:{key}": (schema.child(key) or ANY, item) for key, item in value.items()}
    if isinstance(value, list) and associative(schema):
        below = schema.items or ANY
        return {key: (below, item) for key, item in item_keys(schema, value).items()}
    return None


def fields_of(schema: Schema, value: Any) -> FieldSet:
    """What an applied configuration lays claim to."""
    found: FieldSet = set()
    _fields(schema, value, (), found)
    return found - UNOWNED


def _fields(schema: Schema, value: Any, path: Path, found: FieldSet) -> None:
    below = children(schema, value)
    if below is None or (not below and isinstance(value, dict)):
        found.add(path)
        return
    declared = {f"f:{key}" for key in schema.properties}
    for key, (child, item) in below.items():
        _fields(child, item, (*path, key), found)
        if not key.startswith("f:") or key not in declared:
            found.add((*path, key))


class Difference:
    """The fields added, modified and removed on the way from one object to another."""

    def __init__(self, schema: Schema, old: Any, new: Any) -> None:
        self.added: FieldSet = set()
        self.modified: FieldSet = set()
        self.removed: FieldSet = set()
        self._compare(schema, old, new, ())
        self.added -= UNOWNED
        self.modified -= UNOWNED
        self.removed -= UNOWNED

    @property
    def taken(self) -> FieldSet:
        return self.added | self.modified

    def _compare(self, schema: Schema, old: Any, new: Any, path: Path) -> None:
        if old is not MISSING and new is not MISSING and old == new and type(old) is type(new):
            return
        before = children(schema, old) if old is not MISSING and old is not None else {}
        after = children(schema, new) if new is not MISSING and new is not None else {}
        if before is None or after is None or not (before or after):
            self._leaf(old, new, path)
            return
        for key in {**before, **after}:
            child = (after.get(key) or before[key])[0]
            self._compare(
                child, before.get(key, (ANY, MISSING))[1], after.get(key, (ANY, MISSING))[1], (*path, key)
            )
        if old is MISSING:
            self.added.add(path)
        elif new is MISSING:
            self.removed.add(path)

    def _leaf(self, old: Any, new: Any, path: Path) -> None:
        if old is MISSING:
            self.added.add(path)
        elif new is MISSING:
            self.removed.add(path)
        elif old != new:
            self.modified.add(path)
