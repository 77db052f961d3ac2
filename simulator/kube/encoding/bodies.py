"""Request bodies to objects."""

import json
from typing import Any, Final

import orjson
import yaml

from simulator.kube.encoding import protobuf
from simulator.kube.status import (
    Object,
    Refusal,
    bad_request,
    unsupported_media_type,
)

JSON: Final = "application/json"
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
APPLY: Final = ("application/apply-patch+yaml", "application/apply-patch+json")
_SUMMARY_BYTES: Final = 30
_TYPE_META: Final = (
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
)
_LITERALS: Final = ("true", "false", "null")
_GO_NAMES: Final = {str: "string", bool: "bool", int: "number", float: "number"}


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Reads times as the strings that JSON has."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def parse_yaml(body: bytes) -> Any:
    """What a YAML document holds, as JSON could have told it; raises ValueError as Go's parser would."""
    try:
        return _as_json(yaml.load(body, Loader=_Loader))  # noqa: S506 - the loader is a safe loader
    except (yaml.YAMLError, RecursionError) as exc:
        raise ValueError(f"yaml: {_yaml_problem(exc)}") from exc


def _yaml_problem(exc: Exception) -> str:
    """Where and why Go's parser, which is made from the same C library, stops."""
    if not isinstance(exc, yaml.MarkedYAMLError):
        return str(exc)
    marks = (mark.line for mark in (exc.context_mark, exc.problem_mark) if mark is not None)
    line = next(filter(None, marks), 0)
    if line and isinstance(exc, yaml.scanner.ScannerError):
        line += 1
    return f"{f'line {line}: ' if line else ''}{exc.problem or 'unknown problem parsing YAML content'}"


def _as_json(value: Any) -> Any:
    """Keys become text and numbers JSON's; raises ValueError for what JSON cannot hold."""
    if isinstance(value, dict):
        return {_key(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**64:
        return float(value)
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise ValueError(f"a {type(value).__name__} cannot be told in JSON")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return "null" if key is None else str(key).lower()
    raise ValueError("a key must be a scalar")


def parse_yaml_or_json(body: bytes) -> Any:
    """JSON is YAML, and read far faster as what it is; raises 400 for what is neither."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        return parse_yaml(body)
    except ValueError as exc:
        raise bad_request(f"error decoding YAML: error converting YAML to JSON: {exc}") from exc


def parse(body: bytes, content_type: str, kind: str) -> Object:
    """The object in a create or update body; `kind` is what the path asks for."""
    kind_of_media = media_type(content_type) or JSON
    if kind_of_media == PROTOBUF:
        return protobuf.parse(body)
    if kind_of_media in YAML_TYPES:
        value = _yaml_object(body, kind)
    elif kind_of_media == JSON:
        value = _json(body, kind)
    else:
        raise unsupported_media_type()
    if not isinstance(value, dict):
        why = f"json parse error: json: cannot unmarshal {go_name(value)} into Go value of type {_TYPE_META}"
        raise _unrecognized(body, kind, f"; {why}")
    return value


def decoded_body(body: bytes, content_type: str) -> Object:
    """What a body holds that may be left out; raises 400 for what is no object, 415 for an unknown type."""
    kind = media_type(content_type) or JSON
    if kind == PROTOBUF:
        return protobuf.parse(body)
    if kind not in {JSON, *YAML_TYPES}:
        raise unsupported_media_type()
    try:
        value = parse_yaml(body) if kind in YAML_TYPES else orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        why = json_error(body.decode(errors="replace"))
        raise bad_request(f"couldn't get version/kind; json parse error: {why}") from exc
    except ValueError as exc:
        raise bad_request(str(exc)) from exc
    if not isinstance(value, dict):
        why = f"json: cannot unmarshal {go_name(value)} into Go value of type {_TYPE_META}"
        raise bad_request(f"couldn't get version/kind; json parse error: {why}")
    return value


def _yaml_object(body: bytes, kind: str) -> Any:
    try:
        return parse_yaml(body)
    except ValueError as exc:
        raise unrecognized(body, kind, str(exc)) from exc


def _unrecognized(body: bytes, kind: str, why: str) -> Refusal:
    return unrecognized(body, kind, f"couldn't get version/kind{why}")


def unrecognized(body: bytes, kind: str, why: str) -> Refusal:
    """400 for a body in which not even a kind can be found."""
    said = f"the object provided is unrecognized (must be of type {kind}): {why}"
    return bad_request(f"{said} ({_summary(body)})")


def go_name(value: Any) -> str:
    """What Go calls the JSON type of a value."""
    return "array" if isinstance(value, list) else _GO_NAMES.get(type(value), "object")


def _summary(body: bytes) -> str:
    """The beginning of a body: as text where it could be an object, else in hexadecimal."""
    if not body:
        return "<empty>"
    start = body[:_SUMMARY_BYTES]
    shown = start.decode(errors="replace") if body[:1] == b"{" else start.hex()
    return f"{shown} ..." if len(body) > _SUMMARY_BYTES else shown


def _json(body: bytes, kind: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        why = f"json parse error: {json_error(body.decode(errors='replace'))}"
        raise _unrecognized(body, kind, f"; {why}") from exc


def json_error(text: str) -> str:
    """The wording of Go's scanner."""
    stripped = text.strip()
    try:
        json.loads(stripped)
    except json.JSONDecodeError as exc:
        if exc.pos >= len(stripped) or "Unterminated" in exc.msg:
            return "unexpected end of JSON input"
        found = stripped[exc.pos]
        literal = next((one for one in _LITERALS if one[0] == found), "")
        if literal and _says_value(exc.msg):
            return _literal(literal, stripped[exc.pos :])
        return f"invalid character {_quoted(found)} {_expected(exc.msg, stripped[: exc.pos])}"
    return f"invalid character {_quoted(stripped[:1])} looking for beginning of value"


def _says_value(message: str) -> bool:
    return message.startswith("Expecting value")


def _literal(literal: str, text: str) -> str:
    """Where a text that begins as true, false or null goes on as something else."""
    for at, wanted in enumerate(literal):
        if at >= len(text):
            break
        if text[at] != wanted:
            return f"invalid character {_quoted(text[at])} in literal {literal} (expecting {_quoted(wanted)})"
    return "unexpected end of JSON input"


def repeated(body: bytes, value: Any, content_type: str = JSON) -> list[str]:
    """The fields that a body names more than once, of which the last counts."""
    if media_type(content_type) in YAML_TYPES:
        return repeated_keys(body)
    if _names(body) <= _names(orjson.dumps(value)):
        return []
    found: list[str] = []
    try:
        _repeated(json.loads(body, object_pairs_hook=_Pairs), "", found)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return []
    return list(dict.fromkeys(found))


def repeated_keys(body: bytes) -> list[str]:
    """The keys that a YAML body names more than once in a map, as Go's parser tells them.

    Clients write JSON most often, where it shows by their number that none is repeated.
    """
    found: list[str] = []
    if _is_json_of_unlike_names(body):
        return found
    try:
        _repeated_keys(yaml.compose(body, Loader=_Loader), found)
    except (yaml.YAMLError, RecursionError):
        return []
    return ["yaml: unmarshal errors:" + "".join(f"\n  {one}" for one in found)] if found else []


def _is_json_of_unlike_names(body: bytes) -> bool:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return _names(body) <= _names(orjson.dumps(value))


def _repeated_keys(node: yaml.Node | None, found: list[str]) -> None:
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _repeated_keys(item, found)
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                line = key.start_mark.line + 1
                found.append(f"line {line}: key {orjson.dumps(key.value).decode()} already set in map")
            seen.add(str(key.value))
            _repeated_keys(value, found)


class _Pairs(list[tuple[str, Any]]):
    """An object as its members stood in the text."""


def _names(body: bytes) -> int:
    """How many names of fields there are, with what looks like one inside of texts."""
    return body.count(b'":') + body.count(b'" :')


def _repeated(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, _Pairs):
        seen: set[str] = set()
        for key, item in value:
            below = f"{path}.{key}" if path else key
            if key in seen:
                found.append(f'duplicate field "{below}"')
            seen.add(key)
            _repeated(item, below, found)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            _repeated(item, f"{path}[{at}]", found)


def _quoted(character: str) -> str:
    return "'\\''" if character == "'" else f"'{character}'"


def _expected(says: str, before: str) -> str:
    """What Go's scanner was looking for where Python's found something else."""
    if says.startswith(("Expecting property name", "Illegal trailing comma")):
        return "looking for beginning of object key string"
    if "':' delimiter" in says:
        return "after object key"
    if "',' delimiter" in says:
        inside = before.rfind("[") > before.rfind("{") and before.rfind("[") > before.rfind("]")
        return "after array element" if inside else "after object key:value pair"
    if says.startswith("Extra data"):
        return "after top-level value"
    if "control character" in says:
        return "in string literal"
    return "looking for beginning of value"


def go_text(value: Any) -> str:
    """A value as Go's %+v shows it."""
    if isinstance(value, dict):
        return f"map[{' '.join(f'{key}:{go_text(value[key])}' for key in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(map(go_text, value))}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def text(value: Any) -> str:
    """Compact JSON, as values are shown in messages."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
