"""PATCH: every patch type, worked out against the current state and written like an update."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from simulator.kube import typed
from simulator.kube.call import Call, Target
from simulator.kube.encoding import APPLY, go_name, json_error, media_type, parse_yaml_or_json
from simulator.kube.event_view import to_core
from simulator.kube.ownership import Manager, Ownership, apply
from simulator.kube.patches import json_patch, merge_patch, strategic
from simulator.kube.resource import Resource
from simulator.kube.status import (
    Object,
    bad_request,
    internal,
    not_found,
    unsupported_media_type,
)
from simulator.kube.store import Stored
from simulator.kube.writing import Author, Writer, Written, check_type

JSON_PATCH: Final = "application/json-patch+json"
MERGE_PATCH: Final = "application/merge-patch+json"
STRATEGIC: Final = "application/strategic-merge-patch+json"


def author_of(call: Call, repeated: Sequence[str] = ()) -> Author:
    validation = call.query.get("fieldValidation") or "Warn"
    return Author(call.manager, validation, call.dry_run, repeated)


def patched(resource: Resource, current: Object, call: Call) -> Object:
    """The object a patch makes of the current one; raises 415 for a type this resource does not take."""
    kind = media_type(call.headers.get("content-type", ""))
    if kind not in {JSON_PATCH, MERGE_PATCH, STRATEGIC} or (kind == STRATEGIC and resource.custom):
        raise unsupported_media_type()
    patch = decoded_patch(kind, call.body)
    if kind == JSON_PATCH:
        return json_patch(current, patch)
    if kind == MERGE_PATCH:
        result: Object = merge_patch(current, patch)
        return result
    return strategic(resource.schema, current, patch)


def decoded_patch(kind: str, body: bytes) -> Any:
    """What is in a patch; raises 400 for what is no patch of that type."""
    try:
        patch: Any = orjson.loads(body)
    except orjson.JSONDecodeError as exc:
        why = json_error(body.decode(errors="replace"))
        raise bad_request("Invalid JSON Patch" if kind == MERGE_PATCH else why) from exc
    wanted = list if kind == JSON_PATCH else dict
    if not isinstance(patch, wanted):
        if kind == MERGE_PATCH:
            raise bad_request("Invalid JSON Patch")
        go = "jsonpatch.Patch" if kind == JSON_PATCH else "map[string]interface {}"
        raise bad_request(f"json: cannot unmarshal {go_name(patch)} into Go value of type {go}")
    return patch


def check_name(target: Target, metadata: Any) -> None:
    """A body must be of the object that the path names."""
    given = metadata if isinstance(metadata, dict) else {}
    name, namespace = given.get("name"), given.get("namespace")
    if not name:
        why = f"the name of the object ({target.name} based on URL) was undeterminable"
        raise bad_request(f"{why}: name must be provided")
    if name != target.name:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({target.name})"
        )
    if target.namespace and namespace and namespace != target.namespace:
        raise bad_request(
            f"the namespace of the object ({namespace}) does not match the namespace on the request "
            f"({target.namespace})"
        )


def patch(writer: Writer, target: Target, old: Stored | None, call: Call) -> tuple[Written, int]:
    """Carry out a PATCH on the main resource or its status; answers the result and the HTTP status."""
    resource = target.resource
    if media_type(call.headers.get("content-type", "")) in APPLY:
        return _apply(writer, target, old, call)
    if old is None:
        raise not_found(resource.group, resource.plural, target.name)
    current = orjson.loads(resource.render(old.body))
    raw = patched(resource, current, call)
    check_name(target, raw.get("metadata"))
    author = author_of(call)
    if resource.view_of is not None:
        resource = resource.view_of
        raw = {**to_core(raw), "apiVersion": resource.group_version}
    value, warnings = writer.read(resource, raw, author.validation)
    return writer.update(resource, old, value, author, subresource=target.subresource, warnings=warnings), 200


def _apply(writer: Writer, target: Target, old: Stored | None, call: Call) -> tuple[Written, int]:
    resource, name = target.resource, call.query.get("fieldManager", "")
    if resource.view_of is not None:
        raise unsupported_media_type(f"apply {resource.kind} through {resource.view_of.group_version}")
    config = _configuration(target, call)
    author = author_of(call)
    manager = Manager(name, "Apply", resource.group_version, target.subresource)
    ownership = Ownership(old.metadata.get("managedFields", ()) if old else ())
    live = orjson.loads(old.body) if old else {}
    force = call.flag("force")
    merged = apply(resource.schema, live, config, ownership, manager=manager, now=writer.now(), force=force)
    merged = _typed(writer, resource, merged)
    if old is None:
        merged["metadata"]["name"] = target.name
        return writer.insert(
            resource, target.namespace, merged, author, warnings=[], ownership=ownership
        ), 201
    writer.restrict(resource, old, merged, target.subresource)
    written = writer.replace(
        resource, old, merged, author, subresource=target.subresource, warnings=[], ownership=ownership
    )
    return written, 200


def _configuration(target: Target, call: Call) -> Object:
    """The applied configuration, checked against the path and the schema, without its type."""
    config = parse_yaml_or_json(call.body)
    if not isinstance(config, dict):
        raise bad_request("error decoding patch: the applied configuration must be an object")
    check_type(target.resource, config)
    metadata = config.setdefault("metadata", {})
    if not isinstance(metadata, dict):
        raise bad_request("error decoding patch: metadata must be an object")
    if metadata.get("name", target.name) != target.name:
        raise bad_request(
            f"the name of the object ({metadata['name']}) does not match the name on the URL ({target.name})"
        )
    if metadata.get("namespace", target.namespace) != target.namespace:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    if metadata.get("managedFields"):
        raise bad_request("metadata.managedFields must be nil")
    _refuse_mistyped(target, config)
    return {key: value for key, value in config.items() if key not in {"apiVersion", "kind"}}


def _refuse_mistyped(target: Target, config: Object) -> None:
    found = list(typed.errors(target.resource.schema, config))
    if found:
        whose = f"{target.namespace}/{target.name}"
        named = f"{whose}; {target.resource.group_version}, Kind={target.resource.kind}"
        raise internal(f"failed to create typed patch object ({named}): {typed.told(found)}")


def _typed(writer: Writer, resource: Resource, merged: Object) -> Object:
    raw = {"apiVersion": resource.group_version, "kind": resource.kind, **merged}
    value, _ = writer.read(resource, raw, "Ignore")
    return value
