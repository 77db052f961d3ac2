"""Reviews of oneself: who am I, may I, what may I."""

from typing import Final

from simulator.kube.call import Call
from simulator.kube.status import Object

AUTHENTICATED: Final = "system:authenticated"


def review(kind: str, body: Object, call: Call, now: str) -> Object:
    """Answer a review that was posted; nothing is stored."""
    spec = body.get("spec") or {}
    group = "authentication.k8s.io" if kind == "SelfSubjectReview" else "authorization.k8s.io"
    answer: Object = {"kind": kind, "apiVersion": f"{group}/v1", "metadata": {}}
    if kind == "SelfSubjectReview":
        groups = [*call.identity.groups]
        if AUTHENTICATED not in groups:
            groups.append(AUTHENTICATED)
        answer["metadata"] = {"creationTimestamp": now}
        answer["status"] = {"userInfo": {"username": call.identity.user, "groups": groups}}
    elif kind == "SelfSubjectAccessReview":
        answer |= {"spec": spec, "status": {"allowed": True}}
    else:
        everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}
        paths = {"verbs": ["*"], "nonResourceURLs": ["*"]}
        status = {"resourceRules": [everything], "nonResourceRules": [paths], "incomplete": False}
        answer |= {"spec": {}, "status": status}
    return answer
