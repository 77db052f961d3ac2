"""The hash of a pod template, as kube-controller-manager 1.36 takes it: FNV-1a over Go's print of it."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import orjson

from simulator.controllers.kinds import Object
from simulator.controllers.workloads.gotypes import STRUCTS, GoField

_SAFE: Final = "bcdfghjklmnpqrstvwxz2456789"
_KEPT: Final = 2048
_OFFSET, _PRIME, _WORD = 0x811C9DC5, 0x01000193, 0xFFFFFFFF
_NIL: Final = "<nil>"
_NO_TIME: Final = "{Time:(time.Time){wall:(uint64)0 ext:(int64)0 loc:(*time.Location)<nil>}}"
_PACKAGES: Final = {"Quantity": "resource", "IntOrString": "intstr"}
_SCALARS: Final = {"string": "", "bool": False, "int32": 0, "int64": 0}
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}


def template_hash(template: Object) -> str:
    """The part of a ReplicaSet's name that tells its template; the template is one with its defaults."""
    return _hashed(orjson.dumps(template))


@lru_cache(_KEPT)
def _hashed(template: bytes) -> str:
    """Worked out once for the many looks at the same template."""
    value = _OFFSET
    for byte in printed(orjson.loads(template)).encode():
        value = ((value ^ byte) * _PRIME) & _WORD
    return "".join(_SAFE[ord(digit) % len(_SAFE)] for digit in str(value))


def printed(template: Object) -> str:
    """A PodTemplateSpec as Go's spew prints it with types; what has no Go type here follows as JSON."""
    unknown: list[Any] = []
    text = f"(v1.PodTemplateSpec){_struct('PodTemplateSpec', template, unknown)}"
    return text + (json.dumps(unknown, sort_keys=True) if unknown else "")


def _struct(name: str, value: Object, unknown: list[Any]) -> str:
    fields = STRUCTS[name]
    known = {field.json for field in _flat(fields)}
    unknown += [[name, key, item] for key, item in sorted(value.items()) if key not in known and item]
    return "{" + " ".join(f"{field.name}:{_member(field, value, unknown)}" for field in fields) + "}"


def _flat(fields: tuple[GoField, ...]) -> Iterator[GoField]:
    for field in fields:
        if field.embedded:
            yield from _flat(STRUCTS[field.type])
        else:
            yield field


def _member(field: GoField, value: Object, unknown: list[Any]) -> str:
    if not field.embedded:
        return f"({_go(field.type)}){_value(field.type, value.get(field.json), unknown)}"
    own = {one.json for one in _flat(STRUCTS[field.type])}
    inside = {key: item for key, item in value.items() if key in own}
    return f"({_go(field.type)}){_struct(field.type, inside, unknown)}"


def _go(kind: str) -> str:
    """The name of a type as Go prints it; that of a pointer to something is the same as of nothing."""
    for prefix in ("*", "[]"):
        if kind.startswith(prefix):
            return prefix + _go(kind[len(prefix) :])
    kind = kind.removeprefix("~")
    if kind in _SCALARS or "." in kind or kind.startswith("map["):
        return kind
    return f"{_PACKAGES.get(kind, 'v1')}.{kind}"


def _value(kind: str, value: Any, unknown: list[Any]) -> str:
    """A value without its type."""
    if kind.startswith("*"):
        return _NIL if value is None else _value(kind[1:], value, unknown)
    if kind.startswith("[]"):
        return f"[{' '.join(_value(kind[2:], item, unknown) for item in value)}]" if value else _NIL
    if kind.startswith("map[") or kind == "ResourceList":
        return _map("Quantity" if kind == "ResourceList" else "string", value, unknown)
    if kind in STRUCTS:
        return _struct(kind, value or {}, unknown)
    if kind.startswith("~") or kind in _PRINTED:
        return _PRINTED.get(kind, _scalar)(_SCALARS.get(kind, "") if value is None else value)
    unknown.append([kind, value])
    return ""


def _map(values: str, value: Any, unknown: list[Any]) -> str:
    if not value:
        return _NIL
    return f"map[{' '.join(f'{key}:{_value(values, value[key], unknown)}' for key in sorted(value))}]"


def _scalar(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _time(value: Any) -> str:
    return str(value) if value else _NO_TIME


def _int_or_string(value: Any) -> str:
    if isinstance(value, str) and value:
        return f"{{Type:(intstr.Type)1 IntVal:(int32)0 StrVal:(string){value}}}"
    return f"{{Type:(intstr.Type)0 IntVal:(int32){value or 0} StrVal:(string)}}"


def _quantity(value: Any) -> str:
    text = str(value)
    number, suffix = text.rstrip("numkKMGTPEi"), text[len(text.rstrip("numkKMGTPEi")) :]
    whole, _, rest = number.partition(".")
    digits, scale, form = int((whole + rest) or 0), -len(rest), "DecimalSI"
    if suffix in _BINARY:
        digits, form = digits << _BINARY[suffix], "BinarySI"
    else:
        scale += _DECIMAL.get(suffix, 0)
    if text in {"", "0"}:
        form = ""
    amount = f"i:(resource.int64Amount){{value:(int64){digits} scale:(resource.Scale){scale}}}"
    return (
        f"{{{amount} d:(resource.infDecAmount){{Dec:(*inf.Dec){_NIL}}} s:(string){text} "
        f"Format:(resource.Format){form}}}"
    )


_PRINTED: Final = {
    "Time": _time,
    "IntOrString": _int_or_string,
    "Quantity": _quantity,
    **dict.fromkeys(_SCALARS, _scalar),
}
