"""The /scale subresource: the replica count of a workload, seen alone."""

from typing import Any, Final

import orjson

from simulator.kube.call import Call, Target
from simulator.kube.cells import selector
from simulator.kube.encoding import media_type, parse
from simulator.kube.jsonpath import find
from simulator.kube.patches import json_patch, merge_patch
from simulator.kube.patching import JSON_PATCH, MERGE_PATCH, STRATEGIC, author_of, decoded_patch
from simulator.kube.resource import Resource
from simulator.kube.status import Object, bad_request, conflict, unsupported_media_type
from simulator.kube.store import Stored
from simulator.kube.writing import Writer

_SHOWN: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_BUILTIN: Final = {
    "specReplicasPath": ".spec.replicas",
    "statusReplicasPath": ".status.replicas",
    "labelSelectorPath": ".spec.selector",
}


def scale_of(resource: Resource, value: Object) -> Object:
    """The Scale object of a workload."""
    paths = resource.scale or _BUILTIN
    metadata = {key: value["metadata"][key] for key in _SHOWN if key in value["metadata"]}
    wanted = find(paths["specReplicasPath"], value)
    status: Object = {"replicas": next(iter(find(paths["statusReplicasPath"], value)), 0)}
    chosen = (
        next(iter(find(paths.get("labelSelectorPath", ""), value)), None)
        if paths.get("labelSelectorPath")
        else None
    )
    if chosen:
        status["selector"] = selector(chosen) if isinstance(chosen, dict) else str(chosen)
    spec = {"replicas": wanted[0]} if wanted and wanted[0] else {}
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def rescale(writer: Writer, target: Target, old: Stored, call: Call) -> Object:
    """PUT or PATCH of a Scale."""
    resource = target.resource
    current = scale_of(resource, old.value)
    wanted = (
        parse(call.body, call.headers.get("content-type", ""), "Scale")
        if call.method == "PUT"
        else _patched(current, call)
    )
    given = (wanted.get("metadata") or {}).get("resourceVersion")
    if given and given != old.metadata["resourceVersion"]:
        raise conflict(resource.group, resource.plural, old.name)
    replicas: Any = (wanted.get("spec") or {}).get("replicas", 0)
    if not isinstance(replicas, int) or isinstance(replicas, bool) or replicas < 0:
        raise bad_request(
            f"spec.replicas: Invalid value: {replicas}: must be a number greater than or equal to 0"
        )
    path = (resource.scale or _BUILTIN)["specReplicasPath"].strip(".").split(".")
    value = orjson.loads(old.body)
    node = value
    for key in path[:-1]:
        node = node.setdefault(key, {})
    node[path[-1]] = replicas
    if resource.has_status:
        writer.restrict(resource, old, value, "")
    written = writer.update(resource, old, value, author_of(call), subresource="scale", warnings=[])
    return scale_of(resource, written.value)


def _patched(current: Object, call: Call) -> Object:
    kind = media_type(call.headers.get("content-type", ""))
    if kind not in {JSON_PATCH, MERGE_PATCH, STRATEGIC}:
        raise unsupported_media_type()
    patch = decoded_patch(kind, call.body)
    patched: Object = json_patch(current, patch) if kind == JSON_PATCH else merge_patch(current, patch)
    return patched
