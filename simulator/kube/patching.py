"""PATCH: every patch type, worked out against the current state and written like an update."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from simulator.kube import typed
from simulator.kube.call import Call, Target
from simulator.kube.encoding import APPLY, media_type, parse_yaml_or_json
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
    try:
        patch: Any = orjson.loads(call.body)
    except orjson.JSONDecodeError as exc:
        raise bad_request(f"error decoding patch: {exc}") from exc
    if kind == JSON_PATCH:
        return json_patch(current, patch)
    if not isinstance(patch, dict):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal into Go value of type map[string]interface {}"
        )
    if kind == MERGE_PATCH:
        result: Object = merge_patch(current, patch)
        return result
    return strategic(resource.schema, current, patch)


def patch(writer: Writer, target: Target, old: Stored | None, call: Call) -> tuple[Written, int]:
    """Carry out a PATCH on the main resource or its status; answers the result and the HTTP status."""
    resource = target.resource
    if media_type(call.headers.get("content-type", "")) in APPLY:
        return _apply(writer, target, old, call)
    if old is None:
        raise not_found(resource.group, resource.plural, target.name)
    current = orjson.loads(resource.render(old.body))
    raw = patched(resource, current, call)
    if (raw.get("metadata") or {}).get("name") != old.name:
        raise bad_request("the name of the object does not match the name on the URL")
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
