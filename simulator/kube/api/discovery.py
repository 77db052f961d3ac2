"""Which groups, versions and resources there are: the legacy lists and the aggregated document."""

from typing import Any, Final

from simulator.kube.resource import Resource
from simulator.kube.status import Object
from simulator.kube.storage.registry import Registry

VERSION: Final = "v1.36.2"
AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_STATUS_VERBS: Final = ["get", "patch", "update"]
_SUBVERBS: Final = {
    "attach": ["create", "get"],
    "binding": ["create"],
    "eviction": ["create"],
    "exec": ["create", "get"],
    "finalize": ["update"],
    "log": ["get"],
    "portforward": ["create", "get"],
    "token": ["create"],
}
_OPTIONS: Final = {
    "attach": "PodAttachOptions",
    "binding": "Binding",
    "exec": "PodExecOptions",
    "portforward": "PodPortForwardOptions",
}
_SUBKINDS: Final = {
    "scale": ("autoscaling", "v1", "Scale"),
    "eviction": ("policy", "v1", "Eviction"),
    "token": ("authentication.k8s.io", "v1", "TokenRequest"),
}


def version() -> Object:
    """GET /version."""
    major, minor, _ = VERSION.removeprefix("v").split(".")
    return {
        "major": major,
        "minor": minor,
        "emulationMajor": major,
        "emulationMinor": minor,
        "minCompatibilityMajor": major,
        "minCompatibilityMinor": str(int(minor) - 1),
        "gitVersion": VERSION,
        "gitCommit": "embedded",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "none",
        "compiler": "none",
        "platform": "linux/amd64",
    }


def core_versions(address: str) -> Object:
    """GET /api."""
    where = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": where}


def group_list(registry: Registry) -> Object:
    """GET /apis."""
    groups = [group(name, versions) for name, versions in registry.groups().items() if name]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}


def group(name: str, versions: list[str]) -> Object:
    """One group, as in /apis and GET /apis/NAME (there with kind and apiVersion)."""
    shown = [{"groupVersion": f"{name}/{one}", "version": one} for one in versions]
    return {"name": name, "versions": shown, "preferredVersion": shown[0]}


def resource_list(registry: Registry, group_name: str, version_name: str) -> Object:
    """GET /api/v1 or /apis/GROUP/VERSION."""
    resources: list[Object] = []
    for one in registry.in_version(group_name, version_name):
        resources.append(_legacy(one))
        resources += [_legacy_sub(one, name) for name in one.subresources]
    group_version = f"{group_name}/{version_name}" if group_name else version_name
    found: Object = {"kind": "APIResourceList", "groupVersion": group_version, "resources": resources}
    return {"kind": "APIResourceList", "apiVersion": "v1", **found} if group_name else found


def _legacy(one: Resource) -> Object:
    shown: Object = {
        "name": one.plural,
        "singularName": one.singular,
        "namespaced": one.namespaced,
        "kind": one.kind,
        "verbs": list(one.verbs),
    }
    return shown | _names(one)


def _names(one: Resource) -> Object:
    found: Object = {}
    if one.short_names:
        found["shortNames"] = list(one.short_names)
    if one.categories:
        found["categories"] = list(one.categories)
    return found


def _legacy_sub(one: Resource, name: str) -> Object:
    group_name, version_name, kind = _subkind(one, name)
    shown: Object = {"name": f"{one.plural}/{name}", "singularName": "", "namespaced": one.namespaced}
    if name in _SUBKINDS:
        shown |= {"group": group_name, "version": version_name}
    return shown | {"kind": kind, "verbs": _SUBVERBS.get(name, _STATUS_VERBS)}


def _subkind(one: Resource, name: str) -> tuple[str, str, str]:
    return _SUBKINDS.get(name, (one.group, one.version, _OPTIONS.get(name, one.kind)))


def aggregated(registry: Registry, *, core: bool) -> Object:
    """The v2 document that kubectl asks /api and /apis for."""
    items = []
    for name, versions in registry.groups().items():
        if bool(name) is core:
            continue
        shown = [
            {
                "version": one,
                "resources": [_aggregated(resource) for resource in registry.in_version(name, one)],
                "freshness": "Current",
            }
            for one in versions
        ]
        items.append({"metadata": {"name": name} if name else {}, "versions": shown})
    return {
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    }


def _aggregated(one: Resource) -> Object:
    custom = (one.group, one.version) if one.custom else ("", "")
    shown: Object = {
        "resource": one.plural,
        "responseKind": {"group": custom[0], "version": custom[1], "kind": one.kind},
        "scope": "Namespaced" if one.namespaced else "Cluster",
        "singularResource": one.singular,
        "verbs": list(one.verbs),
        **_names(one),
    }
    if one.subresources:
        shown["subresources"] = [_aggregated_sub(one, name, custom) for name in one.subresources]
    return shown


def _aggregated_sub(one: Resource, name: str, own: tuple[str, str]) -> Object:
    given: Any = _SUBKINDS.get(name, (*own, _OPTIONS.get(name, one.kind)))
    kind = {"group": given[0], "version": given[1], "kind": given[2]}
    return {"subresource": name, "responseKind": kind, "verbs": _SUBVERBS.get(name, _STATUS_VERBS)}
