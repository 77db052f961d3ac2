"""Sets of fields: which exist in an object, which changed between two, and their FieldsV1 form."""

from typing import Any, Final

import orjson

from simulator.kube.schema.nodes import ANY, Schema
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
_TYPE: Final = ("apiVersion", "kind")
_UNOWNED_METADATA: Final = frozenset({".", *(f"f:{key}" for key in _METADATA)})
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


def with_member(tree: Object, path: Path) -> Object:
    """A FieldsV1 tree with one more member; what does not change is shared with the old one."""
    key, rest = path[0], path[1:]
    child = tree.get(key)
    if rest:
        below = with_member({} if child is None else child or {".": {}}, rest)
        return tree if below is child else {**tree, key: below}
    if child is None:
        return {**tree, key: {}}
    return tree if not child or "." in child else {**tree, key: {".": {}, **child}}


def without_member(tree: Object, path: Path) -> Object:
    """A FieldsV1 tree with one member less, and without the branches that nothing is left of."""
    key, rest = path[0], path[1:]
    child = tree.get(key)
    if child is None:
        return tree
    if rest:
        below = without_member(child, rest)
    else:
        below = {part: item for part, item in child.items() if part != "."}
    if (rest and below is child) or (not rest and child and "." not in child):
        return tree
    if below:
        return {**tree, key: {} if list(below) == ["."] else below}
    return {part: item for part, item in tree.items() if part != key}


def created(schema: Schema, blank: Object, value: Object) -> Object:
    """The FieldsV1 tree of what an object holds beside the fields of a blank one."""
    tree: Object = {}
    for key in sorted(value):
        below = _added(schema.child(key) or ANY, blank.get(key, MISSING), value[key])
        if below is not None and key not in _TYPE:
            tree[f"f:{key}"] = below
    metadata = tree.get("f:metadata")
    if metadata:
        kept = {key: below for key, below in metadata.items() if key not in _UNOWNED_METADATA}
        if kept:
            tree["f:metadata"] = kept
        else:
            del tree["f:metadata"]
    return tree


def _added(schema: Schema, old: Any, new: Any) -> Object | None:
    """The tree below one field; None when nothing was added or modified."""
    if old is not MISSING and old == new and type(old) is type(new):
        return None
    if schema.form == "scalar":
        return {}
    after = children(schema, new) if new is not None else {}
    before = children(schema, old) if old is not MISSING and old is not None else {}
    if before is None or after is None or not (before or after):
        return {}
    tree: Object = {".": {}} if old is MISSING else {}
    for key in sorted(after):
        child, item = after[key]
        below = _added(child, before[key][1] if key in before else MISSING, item)
        if below is not None:
            tree[key] = below
    return tree or None


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
        known, others = schema.properties, schema.values or ANY
        return {f"f:{key}": (known.get(key) or others, item) for key, item in value.items()}
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
