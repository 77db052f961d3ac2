"""The objects of a fleet: services in three environments, two pods each, as large as real ones are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Object = dict[str, Any]
ENVIRONMENTS = {"dev": "dev", "staging": "staging", "prod": "production"}
COLLECTIONS = {
    "Namespace": ("", "namespaces"),
    "Application": ("argoproj.io", "applications"),
    "ApplicationSet": ("argoproj.io", "applicationsets"),
    "ClusterSecretStore": ("external-secrets.io", "clustersecretstores"),
    "ExternalSecret": ("external-secrets.io", "externalsecrets"),
    "DragonflyInstance": ("cache.bizmatters.io", "dragonflyinstances"),
    "XDragonflyInstance": ("cache.bizmatters.io", "xdragonflyinstances"),
    "Deployment": ("apps", "deployments"),
    "ReplicaSet": ("apps", "replicasets"),
    "Pod": ("", "pods"),
}
# Every so many-th service asks for a cache.
CACHES = 4
_STARTED = datetime.now(UTC) - timedelta(minutes=30)
_REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True, slots=True)
class Fleet:
    """How many services there are; each is a namespace of its own in every cluster."""

    services: int = 1000

    @property
    def names(self) -> list[str]:
        return [f"svc-{number:04}" for number in range(self.services)]

    def caches(self, name: str) -> bool:
        """Whether a service asks for a cache."""
        return int(name.rpartition("-")[2]) % CACHES == 0

    def objects(self, environment: str) -> Iterator[Object]:
        """Everything in the cluster of one environment; each knows its kind."""
        yield _platform_set(environment)
        yield _store()
        for name in self.names:
            yield from _tenant(name, environment, cache=self.caches(name))


def service(name: str, *, cache: bool) -> Mapping[str, Any]:
    """The service.yaml of one service."""
    spec: Object = {
        "namespace": name,
        "image": f"ghcr.io/bizmatters/{name}:1.0.0",
        "port": 8080,
        "replicas": 2,
        "database": {"pooled": True},
        "secrets": ["openai_api_key"],
        "environments": {environment: {} for environment in ENVIRONMENTS},
    }
    if cache:
        spec["cache"] = {"name": f"{name}-cache", "size": "micro"}
    head = {"apiVersion": "portal.zerotouch.dev/v1", "kind": "Service"}
    return {**head, "metadata": {"name": name, "team": "platform"}, "spec": spec}


def parameters(name: str, environment: str) -> list[str]:
    """The parameters one tenant needs."""
    keys = ("database_url", "direct_url", "openai_api_key")
    return [f"/zerotouch/{environment}/{name}/{key}" for key in keys]


def stamp(minutes: float = 0.0) -> str:
    """A time after the fleet was started, as Kubernetes writes it."""
    return (_STARTED + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pod(name: str, environment: str, letter: str, *, ready: bool = True, restarts: int = 0) -> Object:
    """One pod of a tenant."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": f"{name}-7d9f", "uid": _uid(name, "rs")}
    running = {"startedAt": stamp(10)}
    container = {
        "name": name,
        "image": f"ghcr.io/bizmatters/{name}:1.0.0",
        "imageID": f"ghcr.io/bizmatters/{name}@sha256:{'0' * 64}",
        "containerID": f"containerd://{'0' * 64}",
        "ready": ready,
        "started": True,
        "restartCount": restarts,
        "state": {"running": running},
        "lastState": {},
    }
    kinds = ("PodReadyToStartContainers", "Initialized", "ContainersReady", "PodScheduled")
    conditions = [_condition("Ready", "True" if ready else "False"), *(_condition(kind) for kind in kinds)]
    meta = _meta(f"{name}-7d9f-{letter}", name, "Pod", ownerReferences=[owner])
    meta["labels"] = {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": environment}
    return {
        "kind": "Pod",
        "metadata": meta,
        "spec": {**_pod_spec(name), "nodeName": "node-1"},
        "status": {
            "phase": "Running",
            "startTime": stamp(10),
            "podIP": "10.0.0.1",
            "conditions": conditions,
            "containerStatuses": [container],
        },
    }


def _tenant(name: str, environment: str, *, cache: bool) -> Iterator[Object]:
    yield {"kind": "Namespace", "metadata": _meta(name, "", "Namespace"), "status": {"phase": "Active"}}
    yield _application(name, environment)
    for suffix, keys in (("db", ("database_url", "direct_url")), ("secrets", ("openai_api_key",))):
        yield _external_secret(name, environment, suffix, keys)
    if cache:
        yield from _cache(name)
    yield _workload("Deployment", name, name, status={"updatedReplicas": 2, "observedGeneration": 1})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": _uid(name, name)}
    more = {"ownerReferences": [owner], "annotations": {"deployment.kubernetes.io/revision": "1"}}
    made = _workload("ReplicaSet", name, f"{name}-7d9f", status={"observedGeneration": 1}, **more)
    made["metadata"]["uid"] = _uid(name, "rs")
    yield made
    for letter in "ab":
        yield pod(name, environment, letter)


def _application(name: str, environment: str) -> Object:
    path = f"tenants/{name}/overlays/{ENVIRONMENTS[environment]}"
    source = {"repoURL": "https://git.example.com/tenants.git", "path": path, "targetRevision": "main"}
    kinds = [("", "Service", name), ("apps", "Deployment", name), ("batch", "Job", f"{name}-migrate")]
    kinds += [("external-secrets.io", "ExternalSecret", f"{name}-{it}") for it in ("db", "secrets")]
    rows = [
        {
            "group": group,
            "version": "v1",
            "kind": kind,
            "namespace": name,
            "name": item,
            "status": "Synced",
            "syncWave": 2,
        }
        for group, kind, item in kinds
    ]
    operation = {
        "phase": "Succeeded",
        "message": "successfully synced (all tasks run)",
        "startedAt": stamp(1),
        "finishedAt": stamp(2),
        "operation": {"sync": {"revision": _REVISION}},
        "syncResult": {"revision": _REVISION, "source": source, "resources": rows},
    }
    return {
        "kind": "Application",
        "metadata": {**_meta(name, "argocd", "Application"), "labels": {"tenant": name}},
        "spec": {
            "project": "default",
            "source": source,
            "destination": {"server": "https://kubernetes.default.svc", "namespace": name},
            "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
        },
        "status": {
            "sync": {"status": "Synced", "revision": _REVISION, "comparedTo": {"source": source}},
            "health": {"status": "Healthy", "lastTransitionTime": stamp(2)},
            "operationState": operation,
            "resources": rows,
            "reconciledAt": stamp(29),
            "history": [{"id": number, "revision": _REVISION, "source": source} for number in range(3)],
        },
    }


def _external_secret(name: str, environment: str, suffix: str, keys: tuple[str, ...]) -> Object:
    data = [
        {
            "secretKey": key.upper(),
            "remoteRef": {"key": f"/zerotouch/{environment}/{name}/{key}", "conversionStrategy": "Default"},
        }
        for key in keys
    ]
    return {
        "kind": "ExternalSecret",
        "metadata": _meta(f"{name}-{suffix}", name, "ExternalSecret"),
        "spec": {
            "refreshInterval": "1h",
            "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-parameter-store"},
            "target": {"name": f"{name}-{suffix}", "creationPolicy": "Owner"},
            "data": data,
        },
        "status": {
            "refreshTime": stamp(3),
            "syncedResourceVersion": "1-0123456789abcdef",
            "conditions": [{**_condition("Ready"), "reason": "SecretSynced", "message": "secret synced"}],
        },
    }


def _cache(name: str) -> Iterator[Object]:
    top = {"apiVersion": "cache.bizmatters.io/v1alpha1", "kind": "XDragonflyInstance"}
    claim, composite = f"{name}-cache", f"{name}-cache-x7abc"
    conditions = [_condition("Synced"), {**_condition("Ready"), "reason": "Available"}]
    yield {
        "kind": "DragonflyInstance",
        "metadata": _meta(claim, name, "DragonflyInstance"),
        "spec": {"size": "micro", "resourceRef": {**top, "name": composite}},
        "status": {"conditions": conditions},
    }
    yield {
        "kind": "XDragonflyInstance",
        "metadata": _meta(composite, "", "XDragonflyInstance"),
        "spec": {"size": "micro", "claimRef": {"namespace": name, "name": claim}, "resourceRefs": []},
        "status": {"conditions": conditions},
    }


def _workload(kind: str, namespace: str, name: str, *, status: Object, **more: Any) -> Object:
    labels = {"app.kubernetes.io/name": namespace}
    counts = {"replicas": 2, "readyReplicas": 2, "availableReplicas": 2}
    progressing = {**_condition("Progressing"), "reason": "NewReplicaSetAvailable"}
    conditions = [_condition("Available"), progressing] if kind == "Deployment" else []
    return {
        "kind": kind,
        "metadata": {**_meta(name, namespace, kind), **more},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(namespace)},
        },
        "status": {**counts, "conditions": conditions, **status},
    }


def _pod_spec(name: str) -> Object:
    uses = [f"{name}-db", f"{name}-secrets"]
    container = {
        "name": name,
        "image": f"ghcr.io/bizmatters/{name}:1.0.0",
        "envFrom": [{"secretRef": {"name": use}} for use in uses],
        "env": [{"name": key, "value": name} for key in ("SERVICE_NAME", "ENVIRONMENT", "PORT", "LOG_LEVEL")],
        "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 10},
        "livenessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 20},
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": {"runAsNonRoot": True, "allowPrivilegeEscalation": False},
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    return {
        "containers": [container],
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "serviceAccountName": "default",
        "schedulerName": "default-scheduler",
        "tolerations": [
            {"key": f"node.kubernetes.io/{what}", "operator": "Exists", "effect": "NoExecute"}
            for what in ("not-ready", "unreachable")
        ],
    }


def _platform_set(environment: str) -> Object:
    files = [{"path": f"tenants/*/overlays/{ENVIRONMENTS[environment]}/config.yaml"}]
    return {
        "kind": "ApplicationSet",
        "metadata": _meta("tenant-applications", "argocd", "ApplicationSet"),
        "spec": {"generators": [{"git": {"files": files}}], "template": {}},
        "status": {"conditions": [_condition("ResourcesUpToDate")]},
    }


def _store() -> Object:
    ready = {**_condition("Ready"), "reason": "Valid", "message": "store validated"}
    return {
        "kind": "ClusterSecretStore",
        "metadata": _meta("aws-parameter-store", "", "ClusterSecretStore"),
        "spec": {"provider": {"aws": {"service": "ParameterStore", "region": "ap-south-1"}}},
        "status": {"conditions": [ready]},
    }


def _condition(kind: str, status: str = "True") -> Object:
    return {"type": kind, "status": status, "lastTransitionTime": stamp(11), "reason": "", "message": ""}


def _uid(namespace: str, name: str) -> str:
    return f"{namespace}-{name}-{'0' * 12}"


def _meta(name: str, namespace: str, kind: str, **more: Any) -> Object:
    """Metadata with the bookkeeping of two writers, which makes up a good part of a real object."""
    fields: Object = {
        f"f:{part}": {f"f:{field}": {} for field in ("conditions", "phase", "replicas", "template", "labels")}
        for part in ("metadata", "spec", "status")
    }
    managed = [
        {
            "manager": manager,
            "operation": "Update",
            "apiVersion": "v1",
            "time": stamp(2),
            "fieldsType": "FieldsV1",
            "fieldsV1": fields,
        }
        for manager in ("argocd-controller", "kube-controller-manager")
    ]
    tracking = f"{namespace}:apps/{kind}:{namespace}/{name}"
    meta: Object = {
        "name": name,
        "uid": _uid(namespace, name),
        "creationTimestamp": stamp(),
        "generation": 1,
        "labels": {"tenant": namespace, "app.kubernetes.io/managed-by": "argocd"},
        "annotations": {"argocd.argoproj.io/tracking-id": tracking},
        "managedFields": managed,
    }
    if namespace:
        meta["namespace"] = namespace
    return {**meta, **more}
