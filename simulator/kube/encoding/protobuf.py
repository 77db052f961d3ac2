"""Protobuf bodies of the few kinds that kubectl creates from the command line."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from simulator.kube.status import Object, bad_request, unsupported_media_type

MAGIC: Final = b"k8s\0"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """How one field is read: text, bytes, bool, int, map, bytesmap or message; `many` makes a list."""

    name: str
    kind: str = "text"
    message: "dict[int, Field] | None" = None
    many: bool = False


Message = dict[int, Field]
_METADATA: Final[Message] = {
    1: Field("name"),
    2: Field("generateName"),
    3: Field("namespace"),
    5: Field("uid"),
    6: Field("resourceVersion"),
    11: Field("labels", "map"),
    12: Field("annotations", "map"),
    14: Field("finalizers", many=True),
}
_META: Final = Field("metadata", "message", _METADATA)
_NAMESPACE: Final[Message] = {1: _META, 2: Field("spec", "message", {1: Field("finalizers", many=True)})}
_CONFIG_MAP: Final[Message] = {
    1: _META,
    2: Field("data", "map"),
    3: Field("binaryData", "bytesmap"),
    4: Field("immutable", "bool"),
}
_SECRET: Final[Message] = {
    1: _META,
    2: Field("data", "bytesmap"),
    3: Field("type"),
    4: Field("stringData", "map"),
    5: Field("immutable", "bool"),
}
_RESOURCE_NAMES: Final = ("namespace", "verb", "group", "version", "resource", "subresource", "name")
_RESOURCE: Final[Message] = {at: Field(name) for at, name in enumerate(_RESOURCE_NAMES, 1)}
_ACCESS: Final[Message] = {
    1: Field("resourceAttributes", "message", _RESOURCE),
    2: Field("nonResourceAttributes", "message", {1: Field("path"), 2: Field("verb")}),
}
_BOUND: Final[Message] = {at: Field(name) for at, name in enumerate(("kind", "apiVersion", "name", "uid"), 1)}
_TOKEN: Final[Message] = {
    1: Field("audiences", many=True),
    3: Field("boundObjectRef", "message", _BOUND),
    4: Field("expirationSeconds", "int"),
}
_KINDS: Final[dict[str, Message]] = {
    "Namespace": _NAMESPACE,
    "ConfigMap": _CONFIG_MAP,
    "Secret": _SECRET,
    "ServiceAccount": {1: _META},
    "SelfSubjectAccessReview": {1: _META, 2: Field("spec", "message", _ACCESS)},
    "SelfSubjectRulesReview": {1: _META, 2: Field("spec", "message", {1: Field("namespace")})},
    "SelfSubjectReview": {1: _META},
    "TokenRequest": {1: _META, 2: Field("spec", "message", _TOKEN)},
}
_ENVELOPE: Final[Message] = {
    1: Field("type", "message", {1: Field("apiVersion"), 2: Field("kind")}),
    2: Field("raw", "bytes"),
}


def parse(body: bytes) -> Object:
    """The object in a `k8s` envelope; raises 415 for kinds that are not read from protobuf."""
    if not body.startswith(MAGIC):
        raise bad_request("the body of the request is not in the Kubernetes protobuf format")
    try:
        envelope = _message(memoryview(body)[len(MAGIC) :], _ENVELOPE)
        kind = envelope.get("type", {}).get("kind", "")
        shape = _KINDS.get(kind)
        if shape is None:
            raise unsupported_media_type(
                f"a {kind or 'body'} in protobuf is not read by this server; "
                "send JSON or YAML, as kubectl apply and kubectl create -f do"
            )
        return {**envelope["type"], **_message(memoryview(envelope.get("raw", b"")), shape)}
    except (IndexError, UnicodeDecodeError, ValueError) as exc:
        raise bad_request(f"the protobuf body cannot be read: {exc}") from exc


def _message(data: memoryview, shape: Message) -> Object:
    out: Object = {}
    for number, value in _fields(data):
        field = shape.get(number)
        if field is None:
            continue
        decoded = _value(field, value)
        if field.many:
            out.setdefault(field.name, []).append(decoded)
        elif field.kind in {"map", "bytesmap"}:
            out.setdefault(field.name, {}).update(decoded)
        elif decoded != "":
            out[field.name] = decoded
    return out


def _value(field: Field, value: Any) -> Any:
    if isinstance(value, int):
        return bool(value) if field.kind == "bool" else value
    match field.kind:
        case "message":
            return _message(value, field.message or {})
        case "map" | "bytesmap":
            entry = _message(value, {1: Field("key"), 2: Field("value", "bytes")})
            raw = bytes(entry.get("value", b""))
            shown = raw.decode() if field.kind == "map" else base64.b64encode(raw).decode()
            return {entry.get("key", ""): shown}
        case "bytes":
            return bytes(value)
    return bytes(value).decode()


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """Field numbers with their raw values: an int, or the bytes of a string or message."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
        elif wire == _BYTES:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError("it ends in the middle of a field")
            yield number, data[at : at + length]
            at += length
        elif wire in {_FIXED32, _FIXED64}:
            at += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at
        shift += 7
