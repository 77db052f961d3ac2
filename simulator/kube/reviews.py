"""Reviews of oneself: who am I, may I, what may I."""

from typing import Any

from simulator.kube.access import Attempt, Authorizer
from simulator.kube.call import Call
from simulator.kube.identity import AUTHENTICATED
from simulator.kube.status import Object


def review(kind: str, body: Object, call: Call, authorizer: Authorizer, now: str) -> Object:
    """Answer a review that was posted; nothing is stored."""
    spec = body.get("spec") or {}
    group = "authentication.k8s.io" if kind == "SelfSubjectReview" else "authorization.k8s.io"
    answer: Object = {"kind": kind, "apiVersion": f"{group}/v1", "metadata": {}}
    if kind == "SelfSubjectReview":
        groups = [one for one in call.identity.groups if one != AUTHENTICATED]
        answer["metadata"] = {"creationTimestamp": now}
        user = {"username": call.identity.user, "groups": [*groups, AUTHENTICATED]}
        return {**answer, "status": {"userInfo": user}}
    if kind == "SelfSubjectAccessReview":
        wanted: Any = spec.get("resourceAttributes")
        allowed = wanted is None or authorizer.allows(call.identity, _attempt(wanted))
        return {**answer, "spec": spec, "status": {"allowed": allowed}}
    rules = authorizer.rules(call.identity, spec.get("namespace", ""))
    paths = {
        "verbs": ["get"],
        "nonResourceURLs": ["/api", "/api/*", "/apis", "/apis/*", "/healthz", "/version"],
    }
    status = {
        "resourceRules": [rule for rule in rules if "resources" in rule],
        "nonResourceRules": [paths],
        "incomplete": False,
    }
    return {**answer, "spec": {}, "status": status}


def _attempt(wanted: Object) -> Attempt:
    plural = "/".join(filter(None, (wanted.get("resource", ""), wanted.get("subresource", ""))))
    where, name = wanted.get("namespace", ""), wanted.get("name", "")
    return Attempt(wanted.get("verb", ""), wanted.get("group", ""), plural, where, name)
