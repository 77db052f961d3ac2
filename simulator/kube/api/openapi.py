"""OpenAPI documents, as far as kubectl reads them: schemas, and which parameters a PATCH takes."""

import hashlib
from typing import Any, Final

import orjson

from simulator.kube.api.discovery import VERSION
from simulator.kube.resource import Resource
from simulator.kube.schema.nodes import definitions
from simulator.kube.status import Object, not_acceptable
from simulator.kube.storage.registry import Registry
from simulator.kube.verbs.call import Call, Reply

_REFERENCE: Final = "#/$defs/"
_V3: Final = "#/components/schemas/"
_V2: Final = "#/definitions/"
_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PARAMETERS: Final = ("dryRun", "fieldManager", "fieldValidation", "force")


class Documents:
    """Documents are made when asked for, and again when what is served has changed."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._revision = -1
        self._made: dict[str, bytes] = {}

    def answer(self, path: str, call: Call) -> Reply | None:
        """The document at a path; None when there is none."""
        if self._revision != self._registry.revision:
            self._revision = self._registry.revision
            self._made.clear()
        body = self._made.get(path)
        if body is None:
            document = self._document(path)
            if document is None:
                return None
            body = self._made[path] = orjson.dumps(document)
        accept = call.headers.get("accept", "") or "*/*"
        if not any(one in accept for one in ("application/json", "*/*", "application/*")):
            raise not_acceptable()
        return Reply(200, body)

    def _document(self, path: str) -> Object | None:
        if path == "/openapi/v2":
            return self._v2()
        if path == "/openapi/v3":
            return self._index()
        parts = path.removeprefix("/openapi/v3/").split("/")
        group = parts[1] if len(parts) == 3 and parts[0] == "apis" else ""  # noqa: PLR2004 - apis, group, version
        if (parts[0] == "api" and len(parts) == 2) or group:  # noqa: PLR2004 - api, version
            resources = self._registry.in_version(group, parts[-1])
            return _v3(resources) if resources else None
        return None

    def _index(self) -> Object:
        found: Object = {}
        for group, versions in self._registry.groups().items():
            for version in versions:
                name = f"apis/{group}/{version}" if group else f"api/{version}"
                mark = hashlib.sha256(f"{name}:{self._revision}".encode()).hexdigest()
                found[name] = {"serverRelativeURL": f"/openapi/v3/{name}?hash={mark}"}
        return {"paths": found}

    def _v2(self) -> Object:
        schemas: Object = {}
        paths: Object = {}
        for resource in self._registry:
            schemas |= _schemas(resource, _V2)
            paths[_path(resource)] = {"patch": _operation(resource, "patch")}
        info = {"title": "Kubernetes", "version": VERSION}
        return {"swagger": "2.0", "info": info, "paths": paths, "definitions": schemas}


def _v3(resources: list[Resource]) -> Object:
    schemas: Object = {}
    paths: Object = {}
    for resource in resources:
        schemas |= _schemas(resource, _V3)
        paths[_path(resource)] = {
            "get": _operation(resource, "get"),
            "patch": _operation(resource, "patch"),
            "put": _operation(resource, "put"),
        }
    info = {"title": "Kubernetes", "version": VERSION}
    return {"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}}


def _path(resource: Resource) -> str:
    base = f"/apis/{resource.group}/{resource.version}" if resource.group else f"/api/{resource.version}"
    below = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"{base}{below}/{resource.plural}/{{name}}"


def _kind(resource: Resource) -> Object:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _operation(resource: Resource, action: str) -> Object:
    names = _PARAMETERS if action != "get" else ()
    parameters = [
        {"name": name, "in": "query", "uniqueItems": True, "schema": {"type": "string"}, "type": "string"}
        for name in names
        if name != "force" or action == "patch"
    ]
    return {
        "parameters": parameters,
        "responses": {"200": {"description": "OK"}},
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": _kind(resource),
    }


def _schemas(resource: Resource, base: str) -> Object:
    """The schema of a resource and everything it refers to."""
    found: Object = {}
    if resource.custom:
        name = ".".join([*reversed(resource.group.split(".")), resource.version, resource.kind])
        raw = dict(resource.raw_schema)
        properties = dict(raw.get("properties") or {})
        properties["metadata"] = (
            {"allOf": [{"$ref": base + _META}]} if base == _V3 else {"$ref": base + _META}
        )
        found[name] = {**raw, "properties": properties, "x-kubernetes-group-version-kind": [_kind(resource)]}
        _collect(_META, base, found)
    else:
        full = next(name for name in definitions() if name.endswith(f".{resource.schema.name}"))
        _collect(full, base, found)
        found[full] = {**found[full], "x-kubernetes-group-version-kind": [_kind(resource)]}
    return found


def _collect(name: str, base: str, found: Object) -> None:
    if name in found:
        return
    found[name] = {}
    needed: set[str] = set()
    found[name] = _published(definitions()[name], base, needed)
    for other in sorted(needed):
        _collect(other, base, found)


def _published(raw: Any, base: str, needed: set[str]) -> Any:
    """A definition as published: no null among the types, references into the document."""
    if isinstance(raw, list):
        return [_published(one, base, needed) for one in raw]
    if not isinstance(raw, dict):
        return raw
    if isinstance(raw.get("$ref"), str):
        return _reference(raw, base, needed)
    out = {key: _published(value, base, needed) for key, value in raw.items() if key != "enum"}
    kind = raw.get("type")
    if isinstance(kind, list):
        out["type"] = next(one for one in kind if one != "null")
    return out


def _reference(raw: Object, base: str, needed: set[str]) -> Object:
    name = raw["$ref"].removeprefix(_REFERENCE)
    needed.add(name)
    rest = {key: value for key, value in raw.items() if key != "$ref"}
    if base == _V3 and rest:
        return {**rest, "allOf": [{"$ref": base + name}]}
    return {**rest, "$ref": base + name}
