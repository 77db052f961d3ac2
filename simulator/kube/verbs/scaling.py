"""The /scale subresource: the replica count of a workload, seen alone."""

from functools import partial
from typing import Final

import orjson

from simulator.kube.encoding.bodies import media_type, parse
from simulator.kube.resource import Resource
from simulator.kube.schema.nodes import definition
from simulator.kube.status import Object, conflict, invalid, unsupported_media_type
from simulator.kube.storage.store import Stored
from simulator.kube.tables.cells import selector
from simulator.kube.tables.jsonpath import find
from simulator.kube.validation.causes import not_negative
from simulator.kube.verbs.call import Call, Target
from simulator.kube.verbs.patching import CUSTOM_PATCHES, author_of, check_name, patched, refused_result
from simulator.kube.verbs.writing import Writer

_SHOWN: Final = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
_SCALE: Final = Resource(
    group="autoscaling",
    version="v1",
    kind="Scale",
    plural="scales",
    singular="scale",
    namespaced=True,
    schema_of=partial(definition, "io.k8s.api.autoscaling.v1.Scale"),
)
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
    author = author_of(call)
    if call.method == "PUT":
        raw = parse(call.body, call.headers.get("content-type", ""), _SCALE.kind)
        wanted, _ = writer.read(_SCALE, raw, author.validation)
    else:
        if resource.custom and media_type(call.headers.get("content-type", "")) not in CUSTOM_PATCHES:
            raise unsupported_media_type(CUSTOM_PATCHES)
        raw = patched(_SCALE, scale_of(resource, old.value), call)
        wanted, _ = writer.read(_SCALE, raw, author.validation, (), refused_result(call, raw))
    check_name(target, wanted["metadata"])
    given = wanted["metadata"].get("resourceVersion")
    if given and given != old.metadata["resourceVersion"]:
        raise conflict(resource.group, resource.plural, old.name)
    replicas = (wanted.get("spec") or {}).get("replicas", 0)
    if causes := list(not_negative("spec.replicas", replicas)):
        raise invalid(_SCALE.group, _SCALE.kind, old.name, causes)
    path = (resource.scale or _BUILTIN)["specReplicasPath"].strip(".").split(".")
    value = orjson.loads(old.body)
    node = value
    for key in path[:-1]:
        node = node.setdefault(key, {})
    node[path[-1]] = replicas
    if resource.has_status:
        writer.restrict(resource, old, value, "")
    written = writer.update(resource, old, value, author, subresource="scale", warnings=[])
    return scale_of(resource, written.value)
