"""The roles and bindings that every cluster starts with."""

from collections.abc import Iterator
from typing import Final

from simulator.kube.access.identity import AUTHENTICATED, UNAUTHENTICATED
from simulator.kube.access.rbac import GROUP, MASTERS
from simulator.kube.status import Object

_READ: Final = ["get", "list", "watch"]
_WRITE: Final = ["create", "delete", "deletecollection", "patch", "update"]
_BASIC: Final[list[Object]] = [
    {
        "verbs": ["create"],
        "apiGroups": ["authorization.k8s.io"],
        "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
    },
    {"verbs": ["create"], "apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"]},
]
_HEALTH: Final = ["/healthz", "/livez", "/readyz", "/version", "/version/"]
_DISCOVERY: Final = ["/api", "/api/*", "/apis", "/apis/*", "/openapi", "/openapi/*", *_HEALTH]
_SEEN: Final = (
    ("", "configmaps endpoints events limitranges namespaces namespaces/status pods pods/log pods/status"),
    ("", "persistentvolumeclaims persistentvolumeclaims/status resourcequotas resourcequotas/status"),
    ("", "serviceaccounts services services/status"),
    ("discovery.k8s.io", "endpointslices"),
    ("apps", "controllerrevisions daemonsets daemonsets/status"),
    ("apps", "deployments deployments/scale deployments/status"),
    ("apps", "replicasets replicasets/scale replicasets/status"),
    ("apps", "statefulsets statefulsets/scale statefulsets/status"),
    ("autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
    ("batch", "cronjobs cronjobs/status jobs jobs/status"),
    ("policy", "poddisruptionbudgets poddisruptionbudgets/status"),
    ("networking.k8s.io", "ingresses ingresses/status networkpolicies"),
)
_CHANGED: Final = (
    ("", "configmaps events persistentvolumeclaims pods pods/eviction secrets serviceaccounts services"),
    ("apps", "daemonsets deployments deployments/scale replicasets replicasets/scale"),
    ("apps", "statefulsets statefulsets/scale"),
    ("autoscaling", "horizontalpodautoscalers"),
    ("batch", "cronjobs jobs"),
    ("policy", "poddisruptionbudgets"),
    ("networking.k8s.io", "ingresses networkpolicies"),
)


def _rules(verbs: list[str], table: tuple[tuple[str, str], ...]) -> list[Object]:
    return [{"verbs": verbs, "apiGroups": [group], "resources": names.split()} for group, names in table]


def _edit() -> list[Object]:
    secrets = _rules(_READ, (("", "secrets"),))
    return [*_rules(_READ, _SEEN), *secrets, *_rules(_WRITE, _CHANGED)]


def _admin() -> list[Object]:
    roles = ((GROUP, "roles rolebindings"),)
    return [*_edit(), *_rules([*_READ, *_WRITE], roles)]


def bootstrap() -> Iterator[tuple[str, Object]]:
    """Kind and body of each, in the order they are created."""
    everything: list[Object] = [
        {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
        {"verbs": ["*"], "nonResourceURLs": ["*"]},
    ]
    roles = {
        "cluster-admin": everything,
        "admin": _admin(),
        "edit": _edit(),
        "view": _rules(_READ, _SEEN),
        "system:basic-user": _BASIC,
        "system:discovery": [{"verbs": ["get"], "nonResourceURLs": _DISCOVERY}],
        "system:public-info-viewer": [{"verbs": ["get"], "nonResourceURLs": _HEALTH}],
    }
    for name, rules in roles.items():
        yield "ClusterRole", {"metadata": _metadata(name), "rules": rules}
    bound = {
        "cluster-admin": (MASTERS,),
        "system:basic-user": (AUTHENTICATED,),
        "system:discovery": (AUTHENTICATED,),
        "system:public-info-viewer": (AUTHENTICATED, UNAUTHENTICATED),
    }
    for name, groups in bound.items():
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": name}
        subjects = [{"apiGroup": GROUP, "kind": "Group", "name": group} for group in groups]
        yield "ClusterRoleBinding", {"metadata": _metadata(name), "roleRef": reference, "subjects": subjects}


def _metadata(name: str) -> Object:
    labels = {"kubernetes.io/bootstrapping": "rbac-defaults"}
    return {"name": name, "labels": labels}
