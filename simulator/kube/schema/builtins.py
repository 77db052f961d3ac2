"""The built-in kinds, as a table."""

from collections.abc import Iterator
from functools import partial
from typing import Final, NamedTuple

from simulator.kube.resource import STANDARD_VERBS, Resource
from simulator.kube.schema.nodes import definition


class Row(NamedTuple):
    """One kind; `marks` are n(amespaced), s(tatus), g(eneration), c(scale), d(elete answers the object)."""

    group_version: str
    kind: str
    plural: str
    short: str
    marks: str
    more: str = ""
    categories: str = ""


_PACKAGES: Final = {
    "v1": "core.v1",
    "rbac.authorization.k8s.io/v1": "rbac.v1",
    "storage.k8s.io/v1": "storage.v1",
    "networking.k8s.io/v1": "networking.v1",
    "coordination.k8s.io/v1": "coordination.v1",
    "discovery.k8s.io/v1": "discovery.v1",
    "events.k8s.io/v1": "events.v1",
    "scheduling.k8s.io/v1": "scheduling.v1",
    "authorization.k8s.io/v1": "authorization.v1",
    "authentication.k8s.io/v1": "authentication.v1",
}
_ROWS: Final = (
    Row("v1", "ConfigMap", "configmaps", "cm", "n"),
    Row("v1", "Endpoints", "endpoints", "ep", "n"),
    Row("v1", "Event", "events", "ev", "n"),
    Row("v1", "LimitRange", "limitranges", "limits", "n"),
    Row("v1", "Namespace", "namespaces", "ns", "s", "finalize"),
    Row("v1", "Node", "nodes", "no", "s"),
    Row("v1", "PersistentVolume", "persistentvolumes", "pv", "sd"),
    Row("v1", "PersistentVolumeClaim", "persistentvolumeclaims", "pvc", "nsd"),
    Row(
        "v1",
        "Pod",
        "pods",
        "po",
        "nsgd",
        "attach binding ephemeralcontainers eviction exec log portforward",
        "all",
    ),
    Row("v1", "ResourceQuota", "resourcequotas", "quota", "nsd"),
    Row("v1", "Secret", "secrets", "", "n"),
    Row("v1", "Service", "services", "svc", "nsd", "", "all"),
    Row("v1", "ServiceAccount", "serviceaccounts", "sa", "nd", "token"),
    Row("apps/v1", "DaemonSet", "daemonsets", "ds", "nsg", "", "all"),
    Row("apps/v1", "Deployment", "deployments", "deploy", "nsgc", "", "all"),
    Row("apps/v1", "ReplicaSet", "replicasets", "rs", "nsgc", "", "all"),
    Row("apps/v1", "StatefulSet", "statefulsets", "sts", "nsgc", "", "all"),
    Row("apps/v1", "ControllerRevision", "controllerrevisions", "", "n"),
    Row("batch/v1", "Job", "jobs", "", "nsg", "", "all"),
    Row("batch/v1", "CronJob", "cronjobs", "cj", "nsg", "", "all"),
    Row("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", "hpa", "ns", "", "all"),
    Row("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "pdb", "nsg"),
    Row("networking.k8s.io/v1", "Ingress", "ingresses", "ing", "nsg"),
    Row("networking.k8s.io/v1", "IngressClass", "ingressclasses", "", "g"),
    Row("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", "netpol", "ng"),
    Row("rbac.authorization.k8s.io/v1", "Role", "roles", "", "n"),
    Row("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", "", "n"),
    Row("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", "", ""),
    Row("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", "", ""),
    Row("storage.k8s.io/v1", "StorageClass", "storageclasses", "sc", ""),
    Row("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", "pc", "g"),
    Row("coordination.k8s.io/v1", "Lease", "leases", "", "n"),
    Row("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", "", "ng"),
    Row("events.k8s.io/v1", "Event", "events", "ev", "n"),
    Row(
        "apiextensions.k8s.io/v1",
        "CustomResourceDefinition",
        "customresourcedefinitions",
        "crd crds",
        "sg",
        "",
        "api-extensions",
    ),
)
_REVIEWS: Final = (
    Row("authorization.k8s.io/v1", "SelfSubjectAccessReview", "selfsubjectaccessreviews", "", ""),
    Row("authorization.k8s.io/v1", "SelfSubjectRulesReview", "selfsubjectrulesreviews", "", ""),
    Row("authorization.k8s.io/v1", "SubjectAccessReview", "subjectaccessreviews", "", ""),
    Row("authorization.k8s.io/v1", "LocalSubjectAccessReview", "localsubjectaccessreviews", "", "n"),
    Row("authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", "", ""),
    Row("authentication.k8s.io/v1", "TokenReview", "tokenreviews", "", ""),
)
_NO_COLLECTION_DELETE: Final = frozenset({"namespaces"})
_CREATED_BY_UPDATE: Final = frozenset(
    {
        "clusterrolebindings",
        "clusterroles",
        "endpoints",
        "events",
        "leases",
        "limitranges",
        "priorityclasses",
        "rolebindings",
        "roles",
        "services",
    }
)
_VERSION_NEEDED: Final = frozenset({"customresourcedefinitions", "leases", "poddisruptionbudgets"})


def builtin_resources() -> Iterator[Resource]:
    """Every built-in resource, in the order of the table."""
    made: dict[str, Resource] = {}
    for row in _ROWS:
        found = _resource(row, view_of=made.get(row.plural))
        made[row.plural] = found
        yield found
    for row in _REVIEWS:
        yield _resource(row, virtual=True)


def _resource(row: Row, *, virtual: bool = False, view_of: Resource | None = None) -> Resource:
    group, _, version = row.group_version.rpartition("/")
    subresources = [
        *row.more.split(),
        *(["scale"] if "c" in row.marks else []),
        *(["status"] if "s" in row.marks else []),
    ]
    verbs = tuple(
        verb
        for verb in STANDARD_VERBS
        if not (verb == "deletecollection" and row.plural in _NO_COLLECTION_DELETE)
    )
    package = _PACKAGES.get(row.group_version, f"{group}.{version}")
    root = "io.k8s.apiextensions-apiserver.pkg.apis" if group.startswith("apiextensions") else "io.k8s.api"
    package = "apiextensions.v1" if group.startswith("apiextensions") else package
    return Resource(
        group=group,
        version=version,
        kind=row.kind,
        plural=row.plural,
        singular=row.kind.lower(),
        namespaced="n" in row.marks,
        schema_of=partial(definition, f"{root}.{package}.{row.kind}"),
        short_names=tuple(row.short.split()),
        categories=tuple(row.categories.split()),
        verbs=("create",) if virtual else verbs,
        subresources=tuple(sorted(subresources)),
        storage=view_of.storage if view_of else (group, row.plural),
        view_of=view_of,
        has_status="s" in row.marks,
        counts_generation="g" in row.marks,
        returns_deleted="d" in row.marks,
        virtual=virtual,
        created_by_update=row.plural in _CREATED_BY_UPDATE,
        updated_unconditionally=row.plural not in _VERSION_NEEDED,
    )
