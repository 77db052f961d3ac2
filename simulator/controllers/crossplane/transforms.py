"""The transforms of a patch: map, match, math, string and convert."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from simulator.controllers.goformat import sprintf
from simulator.controllers.kinds import Object


class TransformError(Exception):
    """The value cannot be transformed as asked."""


def apply(transforms: Sequence[Object], value: Any) -> Any:
    """`value` through each transform in turn; raises TransformError."""
    for transform in transforms:
        kind = transform["type"]
        function = _TRANSFORMS.get(kind)
        if function is None:
            raise TransformError(f"transform type {kind} is not supported")
        value = function(transform.get(kind) or {}, value)
    return value


def _map(pairs: Object, value: Any) -> Any:
    if not isinstance(value, str):
        raise TransformError(f"type {type(value).__name__} is not supported for map transform")
    if value not in pairs:
        raise TransformError(f"key {value} is not found in map")
    return pairs[value]


def _match(spec: Object, value: Any) -> Any:
    for pattern in spec.get("patterns") or ():
        if pattern["type"] == "literal" and value == pattern.get("literal"):
            return pattern.get("result")
        if pattern["type"] == "regexp" and re.search(pattern["regexp"], str(value)):
            return pattern.get("result")
    return value if spec.get("fallbackTo") == "Input" else spec.get("fallbackValue")


def _math(spec: Object, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TransformError("input is required to be a number for math transform")
    kind = str(spec.get("type", "Multiply"))
    if kind == "ClampMin":
        return max(value, spec["clampMin"])
    if kind == "ClampMax":
        return min(value, spec["clampMax"])
    return value * spec["multiply"]


def _string(spec: Object, value: Any) -> Any:
    match str(spec.get("type", "Format")):
        case "Format":
            return sprintf(str(spec["fmt"]), [value])
        case "Convert":
            convert = _CONVERSIONS.get(str(spec.get("convert")))
            if convert is None:
                raise TransformError(f"conversion {spec.get('convert')} is not supported")
            return convert(value if isinstance(value, str) else json.dumps(value, separators=(",", ":")))
        case "TrimPrefix":
            return str(value).removeprefix(str(spec.get("trim", "")))
        case "TrimSuffix":
            return str(value).removesuffix(str(spec.get("trim", "")))
        case "Regexp":
            found = re.search(spec["regexp"]["match"], str(value))
            if found is None:
                raise TransformError(f"regexp {spec['regexp']['match']!r} had no matches")
            return found[int(spec["regexp"].get("group", 0))]
    raise TransformError(f"string transform {spec.get('type')} is not supported")


def _convert(spec: Object, value: Any) -> Any:
    wanted = str(spec["toType"])
    try:
        match wanted:
            case "string":
                return sprintf("%v", [value])
            case "bool":
                return value if isinstance(value, bool) else _TRUTH[str(value).lower()]
            case "int" | "int64":
                return int(value)
            case "float64":
                return float(value)
            case "object" | "array":
                return json.loads(str(value))
    except (ValueError, KeyError, TypeError):
        raise TransformError(f"cannot convert value to {wanted}") from None
    raise TransformError(f"conversion to {wanted} is not supported")


_TRUTH = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
_CONVERSIONS: dict[str, Callable[[str], str]] = {
    "ToUpper": str.upper,
    "ToLower": str.lower,
    "ToBase64": lambda text: base64.b64encode(text.encode()).decode(),
    "FromBase64": lambda text: base64.b64decode(text).decode(),
    "ToJson": lambda text: text,
    "ToSha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "ToSha512": lambda text: hashlib.sha512(text.encode()).hexdigest(),
}
_TRANSFORMS: dict[str, Callable[[Object, Any], Any]] = {
    "map": _map,
    "match": _match,
    "math": _math,
    "string": _string,
    "convert": _convert,
}
