"""What an AppProject lets its Applications do."""

import fnmatch
from collections.abc import Iterable

from simulator.controllers.kinds import Kind, Object, name_of, namespace_of

APP_PROJECT = Kind("argoproj.io", "v1alpha1", "AppProject", "appprojects", namespaced=True)
IN_CLUSTER_SERVER = "https://kubernetes.default.svc"
IN_CLUSTER_NAME = "in-cluster"


def faults(app: Object, project: Object | None) -> list[str]:
    """Why an Application's spec is not valid, as the texts of its InvalidSpecError conditions."""
    spec = app["spec"]
    name = spec.get("project") or "default"
    if project is None:
        return [f"Application referencing project {name} which does not exist"]
    source, destination = spec.get("source") or {}, spec.get("destination") or {}
    found = []
    if not source.get("repoURL") or not (source.get("path") or source.get("chart")):
        found.append("spec.source.repoURL and either spec.source.path or spec.source.chart are required")
    elif not _any(project, "sourceRepos", source["repoURL"]):
        found.append(f"application repo {source['repoURL']} is not permitted in project '{name}'")
    return found + _destination_faults(destination, project, name)


def _destination_faults(destination: Object, project: Object, name: str) -> list[str]:
    server, cluster = destination.get("server", ""), destination.get("name", "")
    namespace = destination.get("namespace", "")
    if server and cluster:
        return [f"application destination can't have both name and server defined: {cluster} {server}"]
    if not server and not cluster:
        return ["Destination server missing from app spec"]
    if cluster not in {"", IN_CLUSTER_NAME} or server not in {"", IN_CLUSTER_SERVER}:
        return [f"there are no clusters with this {'name: ' + cluster if cluster else 'URL: ' + server}"]
    if permits_namespace(project, namespace):
        return []
    wanted = f"application destination server '{server or cluster}' and namespace '{namespace}'"
    return [f"{wanted} do not match any of the allowed destinations in project '{name}'"]


def permits_kind(project: Object, group: str, kind: str, *, namespaced: bool) -> bool:
    """Whether Applications may have objects of a kind: cluster-scoped ones only where they are listed."""
    spec = project["spec"]
    scope = "namespaceResource" if namespaced else "clusterResource"
    allowed, refused = spec.get(f"{scope}Whitelist"), spec.get(f"{scope}Blacklist") or []
    listed = (namespaced and allowed is None) or _lists(allowed or [], group, kind)
    return listed and not _lists(refused, group, kind)


def _lists(entries: Iterable[Object], group: str, kind: str) -> bool:
    return any(_fits(group, each.get("group", "")) and _fits(kind, each.get("kind", "")) for each in entries)


def permits_namespace(project: Object, namespace: str) -> bool:
    """Whether Applications may have objects in a namespace of this cluster."""
    return any(
        (_fits(IN_CLUSTER_SERVER, each.get("server", "")) or _fits(IN_CLUSTER_NAME, each.get("name", "")))
        and _fits(namespace, each.get("namespace", ""))
        for each in project["spec"].get("destinations") or []
    )


def refusal(project: Object, kind: Kind, obj: Object) -> str:
    """Why an object may not be synced; empty when it may."""
    name = name_of(project)
    if not permits_kind(project, kind.group, kind.kind, namespaced=kind.namespaced):
        return f"resource {kind.group}:{kind.kind} is not permitted in project {name}"
    namespace = namespace_of(obj)
    if kind.namespaced and not permits_namespace(project, namespace):
        return f"namespace {namespace} is not permitted in project '{name}'"
    return ""


def _any(project: Object, field: str, value: str) -> bool:
    return any(_fits(value, pattern) for pattern in project["spec"].get(field) or [])


def _fits(value: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(value, pattern)
