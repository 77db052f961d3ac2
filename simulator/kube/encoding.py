"""Request bodies to objects, and Accept headers to one form of answer."""

from dataclasses import dataclass
from typing import Any, Final

import orjson
import yaml

from simulator.kube import protobuf
from simulator.kube.status import Object, bad_request, not_acceptable, unsupported_media_type

JSON: Final = "application/json"
YAML_TYPES: Final = ("application/yaml", "application/x-yaml", "text/yaml")
PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
APPLY: Final = ("application/apply-patch+yaml", "application/apply-patch+json")
META_GROUP: Final = "meta.k8s.io"


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Reads times as the strings that JSON has."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def media_type(header: str) -> str:
    return header.partition(";")[0].strip().lower()


def parse_yaml(body: bytes) -> Any:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506 - the loader is a safe loader
    except yaml.YAMLError as exc:
        raise bad_request(f"error decoding YAML: {exc}") from exc


def parse_yaml_or_json(body: bytes) -> Any:
    """JSON is YAML, and read far faster as what it is."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return parse_yaml(body)


def parse(body: bytes, content_type: str, kind: str) -> Object:
    """The object in a create or update body; `kind` is what the path asks for."""
    kind_of_media = media_type(content_type) or JSON
    if kind_of_media == PROTOBUF:
        return protobuf.parse(body)
    if kind_of_media in YAML_TYPES:
        value = parse_yaml(body)
    elif kind_of_media == JSON:
        value = _json(body, kind)
    else:
        raise unsupported_media_type(
            "the body of the request was in an unknown format - accepted media types include: "
            "application/json, application/yaml, application/vnd.kubernetes.protobuf"
        )
    if not isinstance(value, dict):
        raise bad_request(
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind"
        )
    return value


def _json(body: bytes, kind: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        why = _go_json_error(body.decode(errors="replace"))
        message = (
            f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; {why}"
        )
        raise bad_request(message) from exc


def _go_json_error(text: str) -> str:
    """The wording of Go's scanner for the beginnings of a document; a general one further in."""
    stripped = text.strip()
    if not stripped:
        return "json parse error: unexpected end of JSON input"
    if stripped[0] == "{":
        rest = stripped[1:].lstrip()
        if not rest:
            return "json parse error: unexpected end of JSON input"
        if rest[0] not in '"}':
            shown = (
                f"json parse error: invalid character '{rest[0]}' looking for beginning of object key string"
            )
            return f"{shown} ({stripped})"
    return f"json parse error: invalid character '{stripped[0]}' looking for beginning of value ({stripped})"


def text(value: Any) -> str:
    """Compact JSON, as values are shown in messages."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is to be written: the object itself, a Table, or its metadata only."""

    shape: str = ""
    discovery: bool = False
    yaml: bool = False


PLAIN: Final = Form()
_SHAPES: Final = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")


def negotiate(accept: str, *, discovery: bool = False) -> Form:
    """The first acceptable form; raises 406 when there is none."""
    if not accept.strip():
        return PLAIN
    for clause in accept.split(","):
        kind, *options = (part.strip() for part in clause.split(";"))
        found = _form(kind.lower(), dict(_pair(option) for option in options), discovery=discovery)
        if found is not None:
            return found
    raise not_acceptable()


def _pair(option: str) -> tuple[str, str]:
    key, _, value = option.partition("=")
    return key.strip(), value.strip()


def _form(kind: str, options: dict[str, str], *, discovery: bool) -> Form | None:
    shape = options.get("as", "")
    if kind in YAML_TYPES and not shape:
        return Form(yaml=True)
    if kind not in {JSON, "application/*", "*/*"}:
        return None
    if not shape:
        return PLAIN
    if shape == "APIGroupDiscoveryList":
        return Form(discovery=True) if discovery and options.get("v") == "v2" else None
    if shape in _SHAPES and options.get("g") == META_GROUP and options.get("v") == "v1" and not discovery:
        return Form(shape=shape.removesuffix("List"))
    return None
