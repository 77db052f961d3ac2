"""Which pods this node runs: those of tenants, and nothing a cluster puts on every node for its own needs.

A network plugin or a proxy tolerates every taint and would be placed here too; as a local process it could
not do its work, so it is rejected as a kubelet rejects what it cannot admit.
"""

from simulator.controllers.kinds import Object, namespace_of

OF_THE_CLUSTER = frozenset({"kube-system", "kube-public", "kube-node-lease", "local-path-storage"})
REASON = "RehearsalOnly"


def rejection(pod: Object) -> str | None:
    """Why this node does not run `pod`, as its status message; None when it does."""
    owners = pod["metadata"].get("ownerReferences") or ()
    if any(owner["kind"] == "DaemonSet" and owner.get("controller") for owner in owners):
        return "Pod was rejected: the rehearsal node runs no pods of DaemonSets"
    if namespace_of(pod) in OF_THE_CLUSTER:
        return "Pod was rejected: the rehearsal node runs no pods of the cluster itself"
    return None


def rejected(message: str) -> Object:
    """The status of a rejected pod."""
    return {"phase": "Failed", "reason": REASON, "message": message}
