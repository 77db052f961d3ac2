"""Whether an applied configuration has the type of its kind, in the words of structured-merge-diff."""

from collections.abc import Iterator
from typing import Any, Final

import orjson

from simulator.kube.schema.nodes import ANY, Schema
from simulator.kube.status import Object

_GO: Final = {
    str: "string",
    bool: "bool",
    int: "int64",
    float: "float64",
    dict: "map[string]interface {}",
    list: "[]interface {}",
    type(None): "<nil>",
}
_NUMBERS: Final = frozenset({"integer", "number"})


def errors(schema: Schema, config: Object) -> Iterator[str]:
    """What is wrong with a configuration, as `.path: problem`."""
    yield from _object(schema, config, "")


def told(found: list[str]) -> str:
    """Several errors stand below one another, one stands alone."""
    return found[0] if len(found) == 1 else "\n".join(["errors:", *(f"  {one}" for one in found)])


def _object(schema: Schema, value: Object, path: str) -> Iterator[str]:
    for key, item in value.items():
        child = schema.child(key)
        if child is None:
            yield f"{path}.{key}: field not declared in schema"
        elif item is not None:
            yield from _value(child, item, f"{path}.{key}")


def _value(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if schema.form == "object":
        if isinstance(value, dict):
            yield from _object(schema, value, path)
        else:
            yield f"{path}: expected map, got {_shown(value)}"
    elif schema.form == "list":
        if isinstance(value, list):
            yield from _list(schema, value, path)
        else:
            yield f"{path}: expected list, got {_shown(value)}"
    elif schema.form == "scalar":
        yield from _scalar(schema, value, path)


def _list(schema: Schema, value: list[Any], path: str) -> Iterator[str]:
    below = schema.items or ANY
    if schema.atomic or not (schema.is_set or schema.keys):
        for at, item in enumerate(value):
            yield from _value(below, item, f"{path}[{at}]") if item is not None else ()
        return
    seen: set[str] = set()
    for at, item in enumerate(value):
        element, problem = _element(schema, item, at)
        if problem:
            yield f"{path}: {problem}"
            continue
        if element in seen:
            yield f"{path}: duplicate entries for key {element}"
        seen.add(element)
        yield from _value(below, item, f"{path}{element}")


def _element(schema: Schema, item: Any, at: int) -> tuple[str, str]:
    """How an item is named in a path, or why it cannot be."""
    if schema.is_set:
        if isinstance(item, dict | list) or item is None:
            return "", f"element {at}: set elements must be scalars, got {_shown(item)}"
        return f"[={orjson.dumps(item).decode()}]", ""
    if not isinstance(item, dict):
        return "", f"element {at}: associative list with keys may not have non-map elements"
    keys = dict(zip(schema.keys, schema.key_of(item), strict=True))
    missing = next((key for key, value in keys.items() if value is None), "")
    if len(keys) == 1 and missing:
        says = f'associative list with keys has an element that omits key field "{missing}"'
        return "", f"element {at}: {says} (and doesn't have default value)"
    given = sorted((key, value) for key, value in keys.items() if value is not None)
    return f"[{','.join(f'{key}={orjson.dumps(value).decode()}' for key, value in given)}]", ""


def _scalar(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if schema.scalar in _NUMBERS:
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield f"{path}: expected numeric (int or float), got {_GO[type(value)]}"
    elif schema.scalar == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: expected boolean, got {_GO[type(value)]}"
    elif schema.scalar == "string" and not isinstance(value, str):
        yield f"{path}: expected string, got {_shown(value)}"
    elif isinstance(value, dict | list):
        yield f"{path}: expected scalar, got {_shown(value)}"


def _shown(value: Any) -> str:
    return f"&value.valueUnstructured{{Value:{orjson.dumps(value, default=str).decode()}}}"
