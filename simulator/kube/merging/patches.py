"""JSON patch, merge patch and strategic merge patch, as functions from one object to the next."""

from typing import Any, Final

import jsonpatch
import jsonpointer

from simulator.kube.encoding.bodies import go_text
from simulator.kube.schema.nodes import ANY, Schema
from simulator.kube.status import Object, internal, too_large, unprocessable

_IMPOSSIBLE: Final = (
    jsonpatch.InvalidJsonPatch,
    jsonpatch.JsonPatchException,
    jsonpointer.JsonPointerException,
)
MOST_OPERATIONS: Final = 10000
DIRECTIVE: Final = "$patch"
_ORDER: Final = "$setElementOrder/"
_DELETE: Final = "$deleteFromPrimitiveList/"
_RETAIN: Final = "$retainKeys"


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def json_patch(target: Object, patch: Any) -> Object:
    """RFC 6902; `target` stays as it is."""
    if patch is None:
        return target
    if len(patch) > MOST_OPERATIONS:
        says = f"The allowed maximum operations in a JSON patch is {MOST_OPERATIONS}, got {len(patch)}"
        raise too_large(says)
    try:
        result: Any = jsonpatch.JsonPatch(patch).apply(target)
    except (
        jsonpatch.InvalidJsonPatch,
        jsonpatch.JsonPatchException,
        jsonpointer.JsonPointerException,
        TypeError,
        KeyError,
    ) as exc:
        raise unprocessable() from exc
    if not isinstance(result, dict):
        raise unprocessable()
    return result


def strategic(schema: Schema, target: Any, patch: Object) -> Object:
    """Kubernetes' strategic merge: lists merge by key where the schema says so, directives are obeyed."""
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {key: value for key, value in patch.items() if key != DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in {None, "merge"}:
        raise internal(f"unknown patch type: {go_text(directive)} in map: {go_text(patch)}")
    result = dict(target) if isinstance(target, dict) else {}
    retained = patch.get(_RETAIN)
    if retained is not None:
        result = {key: value for key, value in result.items() if key in retained}
    for key, value in patch.items():
        if key in {DIRECTIVE, _RETAIN} or key.startswith((_ORDER, _DELETE)):
            continue
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merged(schema.child(key) or ANY, result.get(key), value)
    _directives(schema, result, patch)
    return result


def _directives(schema: Schema, result: Object, patch: Object) -> None:
    """Take out the listed primitives, then put lists into the given order."""
    for key, value in patch.items():
        field = key.removeprefix(_DELETE)
        if key != field and isinstance(result.get(field), list):
            result[field] = [item for item in result[field] if item not in value]
    for key, value in patch.items():
        if key.startswith(_ORDER):
            _reorder(schema, result, key.removeprefix(_ORDER), value)


def _merged(schema: Schema, target: Any, value: Any) -> Any:
    if isinstance(value, dict):
        return value if schema.replaces else strategic(schema, target, value)
    if isinstance(value, list) and schema.merge:
        return _list(schema, target if isinstance(target, list) else [], value)
    return value


def _list(schema: Schema, target: list[Any], patch: list[Any]) -> list[Any]:
    key = schema.merge_key
    if not key:
        return target + [item for item in patch if item not in target]
    if {DIRECTIVE: "replace"} in patch:
        return [item for item in patch if item != {DIRECTIVE: "replace"}]
    below = schema.items or ANY
    result = list(target)
    for item in patch:
        if not isinstance(item, dict) or key not in item:
            raise internal(f"map: {go_text(item)} does not contain declared merge key: {key}")
        if item.get(DIRECTIVE) == "delete":
            result = [one for one in result if one.get(key) != item[key]]
            continue
        at = next((at for at, one in enumerate(result) if one.get(key) == item[key]), None)
        if at is None:
            result.append(strategic(below, {}, item))
        else:
            result[at] = strategic(below, result[at], item)
    return result


def _reorder(schema: Schema, result: Object, field: str, order: list[Any]) -> None:
    """Put the listed items first among themselves in the given order; others keep their place."""
    items = result.get(field)
    if not isinstance(items, list):
        return
    node = schema.child(field) or ANY
    key = node.merge_key
    wanted = [item.get(key) if isinstance(item, dict) else item for item in order]

    def name(item: Any) -> Any:
        return item.get(key) if isinstance(item, dict) else item

    listed = sorted(
        (item for item in items if name(item) in wanted), key=lambda item: wanted.index(name(item))
    )
    ordered = iter(listed)
    result[field] = [next(ordered) if name(item) in wanted else item for item in items]
