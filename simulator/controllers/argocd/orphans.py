"""What lies in an Application's namespace and is nobody's: of no Application, and made by no other object."""

import fnmatch
from collections.abc import Iterable

from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.project import permits_kind
from simulator.controllers.kinds import Object

UNTRACKED = frozenset(
    {
        ("", "Endpoints"),
        ("", "Event"),
        ("coordination.k8s.io", "Lease"),
        ("discovery.k8s.io", "EndpointSlice"),
        ("events.k8s.io", "Event"),
    }
)
"""Group and kind of what comes and goes by itself, which ArgoCD never looks at."""
_NOBODYS = (
    {"kind": "ConfigMap", "name": "kube-root-ca.crt"},
    {"kind": "ServiceAccount", "name": "default"},
    {"kind": "Service", "name": "kubernetes"},
)
"""What the cluster itself puts into namespaces."""


def asked_for(project: Object) -> bool:
    """Whether a project wants to be told of them."""
    rules = project["spec"].get("orphanedResources")
    return rules is not None and rules.get("warn", True)


def orphans(project: Object, found: Iterable[Ref]) -> list[Ref]:
    """Those that the project's Applications may have, but for what it says to ignore."""
    ignored = [*_NOBODYS, *(project["spec"]["orphanedResources"].get("ignore") or ())]
    return [
        ref
        for ref in found
        if permits_kind(project, ref.group, ref.kind, namespaced=True)
        and not any(_fits(ref, each) for each in ignored)
    ]


def _fits(ref: Ref, entry: Object) -> bool:
    """A group has to be named, while no kind and no name stand for any."""
    return (
        fnmatch.fnmatchcase(ref.group, entry.get("group", ""))
        and fnmatch.fnmatchcase(ref.kind, entry.get("kind") or "*")
        and fnmatch.fnmatchcase(ref.name, entry.get("name") or "*")
    )
