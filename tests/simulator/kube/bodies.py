"""Bodies, patches, paths and queries drawn at random, near enough to good ones to get far."""

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.simulator.kube.test_custom import definition, version

Drawn = dict[str, Any]
LABELS = {"app": "web"}
TEMPLATE: Drawn = {
    "metadata": {"labels": LABELS},
    "spec": {
        "containers": [
            {
                "name": "c",
                "image": "i:1",
                "env": [{"name": "A", "value": "1"}],
                "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1", "memory": "1Gi"}},
                "livenessProbe": {"httpGet": {"port": 80}},
                "volumeMounts": [{"name": "v", "mountPath": "/v"}],
            }
        ],
        "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
    },
}
GOOD: dict[str, tuple[str, Drawn]] = {
    "ConfigMap": ("/api/v1/namespaces/default/configmaps", {"data": {"k": "v"}}),
    "Secret": ("/api/v1/namespaces/default/secrets", {"data": {"k": "dg=="}, "stringData": {"a": "b"}}),
    "Service": (
        "/api/v1/namespaces/default/services",
        {"spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": "http"}]}},
    ),
    "ServiceAccount": ("/api/v1/namespaces/default/serviceaccounts", {"secrets": [{"name": "s"}]}),
    "Namespace": ("/api/v1/namespaces", {}),
    "Node": (
        "/api/v1/nodes",
        {"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}, "status": {"addresses": []}},
    ),
    "Pod": (
        "/api/v1/namespaces/default/pods",
        {**TEMPLATE, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
    ),
    "Event": (
        "/api/v1/namespaces/default/events",
        {
            "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
            "count": 1,
            "type": "Normal",
        },
    ),
    "PersistentVolumeClaim": (
        "/api/v1/namespaces/default/persistentvolumeclaims",
        {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}},
    ),
    "Deployment": (
        "/apis/apps/v1/namespaces/default/deployments",
        {"spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
    ),
    "StatefulSet": (
        "/apis/apps/v1/namespaces/default/statefulsets",
        {"spec": {"serviceName": "s", "selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
    ),
    "Job": (
        "/apis/batch/v1/namespaces/default/jobs",
        {"spec": {"template": {"spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}}},
    ),
    "CronJob": (
        "/apis/batch/v1/namespaces/default/cronjobs",
        {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": {"template": TEMPLATE}}}},
    ),
    "Ingress": (
        "/apis/networking.k8s.io/v1/namespaces/default/ingresses",
        {"spec": {"rules": [{"host": "h", "http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}]}},
    ),
    "Role": (
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
        {"rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
    ),
    "RoleBinding": (
        "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings",
        {
            "roleRef": {"kind": "Role", "name": "r", "apiGroup": "rbac.authorization.k8s.io"},
            "subjects": [{"kind": "User", "name": "u"}],
        },
    ),
    "Lease": ("/apis/coordination.k8s.io/v1/namespaces/default/leases", {"spec": {"holderIdentity": "h"}}),
    "CustomResourceDefinition": (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        definition(version("v1", subresources={"status": {}})),
    ),
    "Box": ("/apis/example.com/v1/namespaces/default/boxes", {"spec": {"size": 1, "items": [{"n": 1}]}}),
    "SelfSubjectAccessReview": (
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}},
    ),
}
_GROUPS = {
    "apps/v1": {"Deployment", "StatefulSet"},
    "batch/v1": {"Job", "CronJob"},
    "networking.k8s.io/v1": {"Ingress"},
    "rbac.authorization.k8s.io/v1": {"Role", "RoleBinding"},
    "coordination.k8s.io/v1": {"Lease"},
    "apiextensions.k8s.io/v1": {"CustomResourceDefinition"},
    "example.com/v1": {"Box"},
    "authorization.k8s.io/v1": {"SelfSubjectAccessReview"},
}
_TYPE = {"apiVersion", "kind"}
NAMES = st.sampled_from(["a", "b", "c", "boxes.example.com"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.integers(-2, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", "a", "1Gi", "-1", "2026-01-01T00:00:00Z", "$patch", "delete", "x" * 300]),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
_KEYS = st.sampled_from(
    ["metadata", "spec", "status", "name", "labels", "annotations", "finalizers", "ownerReferences", "uid",
     "managedFields", "resourceVersion", "generateName", "namespace", "kind", "data", "replicas",
     "selector", "template", "$patch", "$retainKeys", "$setElementOrder/containers",
     "$deleteFromPrimitiveList/finalizers",
     "deletionTimestamp", "deletionGracePeriodSeconds", "immutable", "versions", "names", "containers", "env"]
)  # fmt: skip


def good(kind: str, name: str = "a") -> Drawn:
    """An object of a kind that the server takes."""
    group = next((group for group, kinds in _GROUPS.items() if kind in kinds), "v1")
    body = deepcopy(GOOD[kind][1])
    metadata = {**(body.get("metadata") or {}), "name": body.get("metadata", {}).get("name", name)}
    return {**body, "apiVersion": group, "kind": kind, "metadata": metadata}


def spoilt(draw: st.DrawFn, value: Any) -> Any:
    """The value with up to three places replaced, added or removed."""
    value = deepcopy(value)
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 1, 2, 3]))):
        value = _changed(draw, value)
    return value


def _changed(draw: st.DrawFn, value: Any) -> Any:
    if isinstance(value, dict) and value and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(key for key in value if key not in _TYPE) or sorted(value)))
        return {**value, key: _changed(draw, value[key])}
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(value) - 1))
        return [*value[:at], _changed(draw, value[at]), *value[at + 1 :]]
    if isinstance(value, dict):
        key = draw(_KEYS)
        return {**{k: v for k, v in value.items() if k != key}, key: draw(JSON)}
    return draw(JSON)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str, Any]:
    """Kind, path of its collection, and an object of it, spoilt or not."""
    kind = draw(st.sampled_from(sorted(GOOD)))
    return kind, GOOD[kind][0], spoilt(draw, good(kind, draw(NAMES)))


POINTERS = st.lists(
    st.sampled_from(["metadata", "labels", "spec", "data", "0", "-", "k", "", "~1", "containers"]),
    max_size=4,
).map(lambda parts: "".join(f"/{part}" for part in parts))
OPERATIONS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"]),
        "path": POINTERS,
    },
    optional={"from": POINTERS, "value": JSON},
)
QUERIES = st.dictionaries(
    st.sampled_from(
        ["limit", "continue", "resourceVersion", "resourceVersionMatch", "labelSelector", "fieldSelector",
         "dryRun", "fieldManager", "fieldValidation", "force", "watch", "timeoutSeconds",
         "allowWatchBookmarks",
         "sendInitialEvents", "gracePeriodSeconds", "propagationPolicy", "orphanDependents", "pretty",
         "includeObject", "container", "tailLines", "sinceSeconds", "limitBytes", "junk"]
    ),
    st.one_of(
        st.sampled_from(["", "0", "1", "-1", "true", "false", "All", "Strict", "Warn", "Ignore", "Exact",
                         "NotOlderThan",
                         "Foreground", "Orphan", "a=b", "a in (b,c)", "!a", "a notin (", "metadata.name=a",
                         "x.y=z",
                         "eyJydiI6MX0", "1" * 30, "Table"]),
        st.text(max_size=12),
    ),
    max_size=3,
)  # fmt: skip
