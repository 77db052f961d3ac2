"""From a client's JSON to an object of its kind: unknown fields pruned and named, types checked."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from simulator.kube.schema.nodes import Schema
from simulator.kube.schema.quantities import MALFORMED, canonical
from simulator.kube.status import Object

_GO: Final = {str: "string", bool: "bool", int: "number", float: "number", dict: "object", list: "array"}
_KINDS: Final = {str: "string", bool: "bool", int: "int64", float: "float64", dict: "map", list: "slice"}
_INTEGERS: Final = {"int32": "int32", "int64": "int64", "": "int64"}
_MISMATCH: Final = object()
_FORMATS: Final = frozenset({"quantity", "byte", "date-time"})
_MOST_PADDING: Final = 2
_INDEX: Final = re.compile(r"\[\d+\]")
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/=]|=(?=[^=])")
_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


class Mismatch(str):
    """What Go's decoder says of a wrong type; `restored` is what a strategic patch is told instead."""

    __slots__ = ("restored",)
    restored: str


@dataclass(slots=True)
class Decoded:
    """The pruned object, with what was wrong with the original."""

    value: Object = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    mismatches: list[str] = field(default_factory=list)


def decode(schema: Schema, raw: Object) -> Decoded:
    """A fresh, pruned copy. Nulls and, in built-in kinds, empty maps and lists are left out as Go does."""
    decoded = Decoded()
    decoded.value = _object(schema, raw, "", decoded)
    return decoded


def _object(schema: Schema, raw: Object, path: str, decoded: Decoded, owner: str = "") -> Object:
    """`owner` is the built-in type that the fields belong to, also those in its maps and lists."""
    owner = schema.name or owner
    out: Object = {}
    known, others = schema.properties, schema.values
    for key, value in raw.items():
        child = known.get(key) or others
        if child is not None and child.scalar == "string" and value.__class__ is str and not child.format:
            if value or not child.vanishes:
                out[key] = value
            continue
        below = f"{path}.{key}" if path else key
        if child is None:
            if schema.preserve or schema.form == "any":
                out[key] = value
            else:
                decoded.unknown.append(below)
            continue
        if value is None:
            if child.nullable:
                out[key] = None
            continue
        if key not in known and owner and child.form == "scalar" and not _fits(child.scalar, value):
            _mismatch(child, value, path, decoded, owner)
            continue
        decodes = _value(child, value, below, decoded, owner)
        if decodes is not _MISMATCH and not (schema.name and _is_empty(child, decodes)):
            out[key] = decodes
    return out


def _is_empty(schema: Schema, value: Any) -> bool:
    """Of built-in kinds, empty maps and lists vanish, and zero scalars Go holds no pointer to."""
    if schema.vanishes:
        return not value
    if schema.form == "list":
        return not value
    return schema.is_map and not value


def _value(schema: Schema, value: Any, path: str, decoded: Decoded, owner: str) -> Any:
    if schema.form == "any":
        return value
    if schema.form == "object":
        if isinstance(value, dict):
            return _object(schema, value, path, decoded, owner)
    elif schema.form == "list":
        if isinstance(value, list):
            return _list(schema, value, path, decoded, owner)
    elif _fits(schema.scalar, value) and not (owner and _overflows(schema, value)):
        return _read(schema, value, decoded) if owner and schema.format in _FORMATS else value
    return _mismatch(schema, value, path, decoded, owner)


def _read(schema: Schema, value: Any, decoded: Decoded) -> Any:
    """Quantities, bytes and times of built-in kinds are read by Go, not only stored."""
    if schema.format == "quantity":
        found = canonical(value)
        if found is None:
            decoded.mismatches.append(MALFORMED)
        return value if found is None else found
    problem = _base64(value) if schema.format == "byte" else _time(value)
    if problem:
        decoded.mismatches.append(problem)
    return value


def _base64(text: str) -> str:
    """Where Go's decoder finds that a text is not what it should be; empty when it is."""
    at = _NOT_BASE64.search(text)
    if at is not None:
        return f"illegal base64 data at input byte {at.start()}"
    body = text.rstrip("=")
    missing = -len(body) % 4
    if len(text) - len(body) == missing and missing <= _MOST_PADDING:
        return ""
    at_fault = len(text) if len(text) > len(body) else len(body) - len(body) % 4
    return f"illegal base64 data at input byte {at_fault}"


def _time(text: str) -> str:
    if not text or _RFC3339.fullmatch(text):
        return ""
    quoted = orjson.dumps(text).decode()
    return f'parsing time {quoted} as "2006-01-02T15:04:05Z07:00": cannot parse {quoted} as "2006"'


def _list(schema: Schema, value: list[Any], path: str, decoded: Decoded, owner: str) -> list[Any]:
    items = schema.items
    if items is None:
        return value
    decodes = (_value(items, item, f"{path}[{at}]", decoded, owner) for at, item in enumerate(value))
    return [item for item in decodes if item is not _MISMATCH]


def _overflows(schema: Schema, value: Any) -> bool:
    """Whether a number is too large for the type that Go gives the field."""
    bits = 31 if schema.format == "int32" else 63
    return schema.scalar == "integer" and not -(2**bits) <= value < 2**bits


def _fits(scalar: str, value: Any) -> bool:
    match scalar:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "int-or-string":
            return isinstance(value, int | float | str) and not isinstance(value, bool)
    return not isinstance(value, dict | list)


def _mismatch(schema: Schema, value: Any, path: str, decoded: Decoded, owner: str) -> Any:
    """Built-in kinds refuse in the words of Go's decoder; custom resources are judged by their schema."""
    if not owner and not schema.name:
        return value
    struct, path = (owner or "unstructured.metadata").rpartition(".")[2], _INDEX.sub("", path)
    wanted = _INTEGERS.get(schema.format, "int64") if schema.scalar == "integer" else _go_type(schema)
    found = _GO.get(type(value), "value")
    if schema.scalar == "integer" and found == "number":
        found = f"number {orjson.dumps(value).decode()}"
    said = Mismatch(f"json: cannot unmarshal {found} into Go struct field {struct}.{path} of type {wanted}")
    said.restored = _restored(schema, value, wanted)
    decoded.mismatches.append(said)
    return _MISMATCH


def _restored(schema: Schema, value: Any, wanted: str) -> str:
    """How the same is told where an object is put together from maps and lists, not read from JSON."""
    kind = _KINDS.get(type(value), "invalid")
    if schema.form == "list":
        return f"cannot restore slice from {kind}"
    if schema.is_map:
        return f"cannot restore map from {kind}"
    if schema.form == "object":
        return f"cannot restore struct from: {kind}"
    if kind == "int64" and wanted == "string":
        return "cannot convert int64 to string"
    return f"unrecognized type: {wanted}"


def _struct(schema: Schema) -> str:
    """What Go calls a struct: its package, which is the version, and its name."""
    return ".".join(schema.name.split(".")[-2:])


def _go_type(schema: Schema) -> str:
    if schema.form == "list":
        return f"[]{_struct(schema.items) if schema.items and schema.items.name else 'string'}"
    if schema.is_map:
        return "map[string]string"
    if schema.form == "object":
        return _struct(schema)
    return {"boolean": "bool", "number": "float64"}.get(schema.scalar, "string")


def apply_defaults(schema: Schema, value: Any) -> Any:
    """Fill in the defaults of a custom resource's schema, also for nulls that are not allowed; in place."""
    if not schema.fills:
        return value
    if schema.form == "object" and isinstance(value, dict):
        for key, child in schema.properties.items():
            if child.has_default and (key not in value or (value[key] is None and not child.nullable)):
                value[key] = _copy(child.default)
        for key in list(value):
            below = schema.properties.get(key) or schema.values
            if below is not None and value[key] is not None:
                apply_defaults(below, value[key])
    elif schema.form == "list" and schema.items is not None and isinstance(value, list):
        for item in value:
            apply_defaults(schema.items, item)
    return value


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
