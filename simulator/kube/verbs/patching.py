"""PATCH: every patch type, worked out against the current state and written like an update."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from simulator.kube.encoding.bodies import (
    APPLY,
    go_name,
    go_text,
    json_error,
    media_type,
    parse_yaml_or_json,
    repeated,
    repeated_keys,
)
from simulator.kube.event_view import to_core
from simulator.kube.merging.ownership import Manager, Ownership, apply
from simulator.kube.merging.patches import json_patch, merge_patch, strategic
from simulator.kube.resource import Resource
from simulator.kube.schema import typed
from simulator.kube.schema.decode import Mismatch
from simulator.kube.status import (
    Cause,
    Object,
    Refusal,
    bad_request,
    conflict,
    internal,
    invalid,
    not_found,
    unroutable_media_type,
    unsupported_media_type,
)
from simulator.kube.storage.store import Stored
from simulator.kube.validation.causes import quoted
from simulator.kube.verbs.call import Call, Target
from simulator.kube.verbs.writing import Author, Writer, Written, check_type

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"
CUSTOM_PATCHES: Final = (JSON_PATCH, MERGE_PATCH, APPLY[0])
_OF_STATUS: Final = frozenset({"apiVersion", "kind", "metadata", "status"})


def author_of(call: Call, repeated: Sequence[str] = ()) -> Author:
    validation = call.query.get("fieldValidation") or "Warn"
    return Author(call.manager, validation, call.dry_run, repeated)


def patched(resource: Resource, current: Object, call: Call) -> Object:
    """The object a patch makes of the current one, which stays as it is.

    Raises 415 for a type this resource does not take.
    """
    kind = media_type(call.headers.get("content-type", ""))
    if resource.custom and kind not in CUSTOM_PATCHES:
        raise unsupported_media_type(CUSTOM_PATCHES)
    if kind not in {JSON_PATCH, MERGE_PATCH, STRATEGIC}:
        raise unroutable_media_type()
    patch = decoded_patch(kind, call.body)
    if kind == JSON_PATCH:
        return json_patch(current, patch)
    if kind == MERGE_PATCH:
        result: Object = merge_patch(current, patch)
        return result
    return strategic(resource.schema, current, patch or {})


def decoded_patch(kind: str, body: bytes) -> Any:
    """What is in a patch; raises 400 for what is no patch of that type."""
    prefix = "" if kind == STRATEGIC else "error decoding patch: "
    try:
        patch: Any = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        raise bad_request(f"{prefix}{json_error(body.decode(errors='replace'))}") from exc
    wanted, go = (list, "[]handlers.jsonPatchOp") if kind == JSON_PATCH else (dict, "map[string]interface {}")
    if patch is None and kind == MERGE_PATCH:
        raise bad_request("Invalid JSON Patch")
    if patch is not None and not isinstance(patch, wanted):
        raise bad_request(f"{prefix}json: cannot unmarshal {go_name(patch)} into Go value of type {go}")
    return patch


def refused_result(call: Call, raw: Object) -> Callable[[str], Refusal]:
    """How it is refused when what a patch makes is no object of the kind."""

    def refused(why: str) -> Refusal:
        strategically = media_type(call.headers.get("content-type", "")) == STRATEGIC
        shown = go_text(orjson.loads(call.body)) if strategically else orjson.dumps(raw).decode()
        if strategically and isinstance(why, Mismatch):
            why = why.restored
        message = f"Invalid value: {quoted(shown)}: {why}"
        return invalid("", "", "", [Cause("patch", "FieldValueInvalid", message)])

    return refused


def check_name(target: Target, metadata: Any) -> None:
    """A body must be of the object that the path names."""
    given = metadata if isinstance(metadata, dict) else {}
    name, namespace = given.get("name"), given.get("namespace")
    if target.namespace and namespace and namespace != target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if not name:
        why = f"the name of the object ({target.name} based on URL) was undeterminable"
        raise bad_request(f"{why}: name must be provided")
    if name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )


def _repeats(call: Call) -> list[str]:
    """What a patch names more than once."""
    found = repeated(call.body, orjson.loads(call.body))
    is_list = media_type(call.headers.get("content-type", "")) == JSON_PATCH
    return [f"json patch {one}" for one in found] if is_list else found


def patch(writer: Writer, target: Target, old: Stored | None, call: Call) -> tuple[Written, int]:
    """Carry out a PATCH on the main resource or its status; answers the result and the HTTP status."""
    resource = target.resource
    if media_type(call.headers.get("content-type", "")) in APPLY:
        return _apply(writer, target, old, call)
    if old is None:
        raise not_found(resource.group, resource.plural, target.name)
    current: Object = {
        "kind": resource.kind,
        "apiVersion": resource.group_version,
        **resource.shown(old.value),
    }
    raw = patched(resource, current, call)
    check_name(target, raw.get("metadata"))
    if target.subresource == "status":
        raw = _of_status(raw, current)
    author = author_of(call)
    if resource.view_of is not None:
        resource = resource.view_of
        raw = {**to_core(raw), "apiVersion": resource.group_version}
    repeats = _repeats(call)
    value, warnings = writer.read(resource, raw, author.validation, repeats, refused_result(call, raw))
    return writer.update(resource, old, value, author, subresource=target.subresource, warnings=warnings), 200


def _of_status(raw: Object, current: Object) -> Object:
    """What has to be read of an object whose status is patched: the rest counts only where it is wrong."""
    return {key: value for key, value in raw.items() if key in _OF_STATUS or value is not current.get(key)}


def _apply(writer: Writer, target: Target, old: Stored | None, call: Call) -> tuple[Written, int]:
    resource, name = target.resource, call.query.get("fieldManager", "")
    if resource.view_of is not None:
        raise unroutable_media_type()
    config = _configuration(target, call)
    author = author_of(call)
    manager = Manager(name, "Apply", resource.group_version, target.subresource)
    ownership = Ownership(old.metadata.get("managedFields", ()) if old else ())
    live = old.value if old else {}
    force = call.flag("force")
    merged = apply(resource.schema, live, config, ownership, manager=manager, now=writer.now(), force=force)
    merged = _typed(writer, resource, merged)
    warnings = _repeated_in_yaml(call, author)
    if old is None:
        _check_new(target, merged["metadata"])
        return writer.insert(
            resource, target.namespace, merged, author, warnings=warnings, ownership=ownership
        ), 201
    writer.restrict(resource, old, merged, target.subresource)
    written = writer.replace(
        resource, old, merged, author, subresource=target.subresource, warnings=warnings, ownership=ownership
    )
    return written, 200


def _check_new(target: Target, metadata: Object) -> None:
    """What only an applied object that is new is asked for."""
    if metadata.get("uid"):
        why = f"uid mismatch: the provided object specified uid {metadata['uid']}"
        where = (target.resource.group, target.resource.plural, target.name)
        raise conflict(*where, f"{why}, and no existing object was found")
    check_name(target, metadata)


def _repeated_in_yaml(call: Call, author: Author) -> list[str]:
    found = [] if author.validation == "Ignore" else repeated_keys(call.body)
    if found and author.validation == "Strict":
        raise bad_request(f"error strict decoding YAML: error converting YAML to JSON: {found[0]}")
    return [f"error converting YAML to JSON: {one}" for one in found]


def _configuration(target: Target, call: Call) -> Object:
    """The applied configuration, checked against the path and the schema, without its type."""
    config = parse_yaml_or_json(call.body)
    if config is not None and not isinstance(config, dict):
        why = f"json: cannot unmarshal {go_name(config)} into Go value of type map[string]interface {{}}"
        raise bad_request(f"error decoding YAML: error unmarshaling JSON: while decoding JSON: {why}")
    config = config or {}
    metadata = config.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise bad_request("error decoding patch: metadata must be an object")
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    version, expected = config.get("apiVersion", ""), target.resource.group_version
    if version != expected:
        said = f"Specified patch version: {version}, expected: {expected}"
        raise bad_request(f"Incorrect version specified in apply patch. {said}")
    check_type(target.resource, config)
    _refuse_mistyped(target, config)
    check_name(target, {"name": target.name, **metadata})
    return {key: value for key, value in config.items() if key not in {"apiVersion", "kind"}}


def _refuse_mistyped(target: Target, config: Object) -> None:
    found = list(typed.errors(target.resource.schema, config))
    if found:
        whose = f"{target.namespace}/{target.name}"
        resource = target.resource
        named = f"{whose}; {resource.group}/{resource.version}, Kind={resource.kind}"
        raise internal(f"failed to create typed patch object ({named}): {typed.told(found)}")


def _typed(writer: Writer, resource: Resource, merged: Object) -> Object:
    raw = {"apiVersion": resource.group_version, "kind": resource.kind, **merged}
    value, _ = writer.read(resource, raw, "Ignore")
    return value
