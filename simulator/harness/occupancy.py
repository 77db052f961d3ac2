"""Whether an existing cluster is free for a rehearsal: real controllers of others would fight with ours."""

from collections.abc import Iterable

from simulator.backends.failure import BackendFailed
from simulator.controllers.api import Api
from simulator.controllers.kinds import (
    CUSTOM_RESOURCE_DEFINITION,
    NAMESPACE,
    NODE,
    POD,
    Object,
    labels_of,
    name_of,
    namespace_of,
)
from simulator.harness.marked import RUN

_GROUPS = {
    "argoproj.io": "ArgoCD",
    "external-secrets.io": "External Secrets",
    "apiextensions.crossplane.io": "Crossplane",
}
_NAMESPACES = frozenset({"argocd", "external-secrets", "crossplane-system"})
_SYSTEM = ("kube-", "local-path-storage")
_WAY_OUT = "use a cluster of its own for the rehearsal"


async def check(api: Api, node: str) -> list[str]:
    """The names of its namespaces.

    Raises BackendFailed with the first thing that is in the way; nothing has been changed by then.
    """
    nodes, definitions = await api.list(NODE), await api.list(CUSTOM_RESOURCE_DEFINITION)
    namespaces, pods = await api.list(NAMESPACE), await api.list(POD)
    found = (
        another_run([*nodes.items, *namespaces.items, *definitions.items])
        or installed(definitions.items, namespaces.items)
        or workloads(pods.items)
    )
    if any(name_of(each) == node for each in nodes.items):
        found = found or f"the cluster has a node named {node}: remove it, or {_WAY_OUT}"
    if found:
        raise BackendFailed("cluster", found)
    return [name_of(each) for each in namespaces.items]


def another_run(objects: Iterable[Object]) -> str:
    """The sentence about what another rehearsal has there, or left there; empty when there is none."""
    runs = {run for each in objects if (run := labels_of(each).get(RUN))}
    if not runs:
        return ""
    return (
        f"the rehearsal {min(runs)} is in this cluster: end it (python -m simulator down), or remove "
        f"what it left (python -m simulator leftovers --remove)"
    )


def installed(definitions: Iterable[Object], namespaces: Iterable[Object]) -> str:
    """The sentence about a real platform in it."""
    for definition in definitions:
        product = _GROUPS.get(definition["spec"]["group"])
        if product:
            return f"{product} is installed in this cluster and would fight with ours: {_WAY_OUT}"
    taken = sorted(name_of(each) for each in namespaces if name_of(each) in _NAMESPACES)
    return f"the cluster has a namespace {taken[0]} already: {_WAY_OUT}" if taken else ""


def workloads(pods: Iterable[Object]) -> str:
    """The sentence about what else runs: the nodes are cordoned, so nobody else may depend on them."""
    for pod in pods:
        namespace = namespace_of(pod)
        owners = pod["metadata"].get("ownerReferences") or ()
        if namespace.startswith(_SYSTEM) or namespace.endswith("-system"):
            continue
        if not any(owner["kind"] == "DaemonSet" for owner in owners):
            return f"the cluster runs workloads of others ({namespace}/{name_of(pod)}): {_WAY_OUT}"
    return ""
