"""Where an API resource is served, and the built-in kinds the controllers name themselves."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
"""One Kubernetes object as decoded JSON."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One served resource; `group` is empty for the core group."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """The URL path of the collection, of one object, or of its subresource."""
        parts = ["/apis", self.group, self.version] if self.group else ["/api", self.version]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [self.plural, name, subresource]
        return "/".join(part for part in parts if part)


def core(kind: str, plural: str, *, namespaced: bool = True) -> Kind:
    return Kind("", "v1", kind, plural, namespaced)


NAMESPACE = core("Namespace", "namespaces", namespaced=False)
NODE = core("Node", "nodes", namespaced=False)
POD = core("Pod", "pods")
SECRET = core("Secret", "secrets")
CONFIG_MAP = core("ConfigMap", "configmaps")
SERVICE = core("Service", "services")
ENDPOINTS = core("Endpoints", "endpoints")
EVENT = core("Event", "events")
PERSISTENT_VOLUME_CLAIM = core("PersistentVolumeClaim", "persistentvolumeclaims")
PERSISTENT_VOLUME = core("PersistentVolume", "persistentvolumes", namespaced=False)
STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
DEPLOYMENT = Kind("apps", "v1", "Deployment", "deployments", namespaced=True)
REPLICA_SET = Kind("apps", "v1", "ReplicaSet", "replicasets", namespaced=True)
STATEFUL_SET = Kind("apps", "v1", "StatefulSet", "statefulsets", namespaced=True)
DAEMON_SET = Kind("apps", "v1", "DaemonSet", "daemonsets", namespaced=True)
JOB = Kind("batch", "v1", "Job", "jobs", namespaced=True)
CRON_JOB = Kind("batch", "v1", "CronJob", "cronjobs", namespaced=True)
LEASE = Kind("coordination.k8s.io", "v1", "Lease", "leases", namespaced=True)
CUSTOM_RESOURCE_DEFINITION = Kind(
    "apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", namespaced=False
)


def name_of(obj: Object) -> str:
    return str(obj["metadata"].get("name", ""))


def namespace_of(obj: Object) -> str:
    """The object's namespace, empty when it is cluster-scoped."""
    return str(obj["metadata"].get("namespace") or "")


def uid_of(obj: Object) -> str:
    return str(obj["metadata"].get("uid", ""))


def version_of(obj: Object) -> str:
    """The object's resourceVersion."""
    return str(obj["metadata"].get("resourceVersion", ""))


def labels_of(obj: Object) -> dict[str, str]:
    return dict(obj["metadata"].get("labels") or {})


def annotations_of(obj: Object) -> dict[str, str]:
    return dict(obj["metadata"].get("annotations") or {})
