"""What the real server adds to built-in objects: zero values that Go always prints, and defaults."""

import base64
from collections.abc import Callable
from typing import Any, Final

from simulator.kube.schema.nodes import Schema, walk_objects
from simulator.kube.status import Object

# Fields without omitempty in the Go types: they are printed even when nothing was set.
ZEROS: Final[dict[str, Object]] = {
    "core.v1.Pod": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.PodTemplateSpec": {"metadata": {}, "spec": {}},
    "core.v1.PodSpec": {"containers": None},
    "core.v1.Container": {"resources": {}},
    "core.v1.ResourceFieldSelector": {"divisor": "0"},
    "scheduling.v1.PriorityClass": {"value": 0},
    "apps.v1.ControllerRevision": {"revision": 0},
    "core.v1.PodCondition": {"lastProbeTime": None, "lastTransitionTime": None},
    "core.v1.ContainerStatus": {
        "state": {},
        "lastState": {},
        "ready": False,
        "restartCount": 0,
        "image": "",
        "imageID": "",
    },
    "core.v1.ContainerStateRunning": {"startedAt": None},
    "core.v1.ContainerStateTerminated": {"exitCode": 0, "startedAt": None, "finishedAt": None},
    "core.v1.Namespace": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.Node": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.NodeStatus": {"daemonEndpoints": {}, "nodeInfo": {}},
    "core.v1.NodeDaemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
    "core.v1.NodeSystemInfo": dict.fromkeys(
        [
            "machineID",
            "systemUUID",
            "bootID",
            "kernelVersion",
            "osImage",
            "containerRuntimeVersion",
            "kubeletVersion",
            "kubeProxyVersion",
            "operatingSystem",
            "architecture",
        ],
        "",
    ),
    "core.v1.NodeCondition": {"lastHeartbeatTime": None, "lastTransitionTime": None},
    "core.v1.Service": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.ServiceStatus": {"loadBalancer": {}},
    "core.v1.ServicePort": {"port": 0, "targetPort": 0},
    "core.v1.PersistentVolumeClaim": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.PersistentVolumeClaimSpec": {"resources": {}},
    "core.v1.PersistentVolume": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.ResourceQuota": {"metadata": {}, "spec": {}, "status": {}},
    "core.v1.Event": {
        "metadata": {},
        "involvedObject": {},
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "eventTime": None,
        "reportingComponent": "",
        "reportingInstance": "",
    },
    "apps.v1.Deployment": {"metadata": {}, "spec": {}, "status": {}},
    "apps.v1.DeploymentSpec": {"selector": None, "template": {}, "strategy": {}},
    "apps.v1.DeploymentCondition": {"lastUpdateTime": None, "lastTransitionTime": None},
    "apps.v1.ReplicaSet": {"metadata": {}, "spec": {}, "status": {}},
    "apps.v1.ReplicaSetSpec": {"selector": None, "template": {}},
    "apps.v1.ReplicaSetStatus": {"replicas": 0},
    "apps.v1.StatefulSet": {"metadata": {}, "spec": {}, "status": {}},
    "apps.v1.StatefulSetSpec": {"selector": None, "template": {}, "updateStrategy": {}},
    "apps.v1.StatefulSetStatus": {"replicas": 0, "availableReplicas": 0},
    "apps.v1.DaemonSet": {"metadata": {}, "spec": {}, "status": {}},
    "apps.v1.DaemonSetSpec": {"selector": None, "template": {}, "updateStrategy": {}},
    "apps.v1.DaemonSetStatus": {
        "currentNumberScheduled": 0,
        "numberMisscheduled": 0,
        "desiredNumberScheduled": 0,
        "numberReady": 0,
    },
    "batch.v1.Job": {"metadata": {}, "spec": {}, "status": {}},
    "batch.v1.JobSpec": {"template": {}},
    "batch.v1.CronJob": {"metadata": {}, "spec": {}, "status": {}},
    "batch.v1.CronJobSpec": {"schedule": "", "jobTemplate": {}},
    "batch.v1.JobTemplateSpec": {"metadata": {}, "spec": {}},
    "networking.v1.Ingress": {"metadata": {}, "spec": {}, "status": {}},
    "networking.v1.IngressStatus": {"loadBalancer": {}},
    "networking.v1.NetworkPolicy": {"metadata": {}, "spec": {}},
    "networking.v1.NetworkPolicySpec": {"podSelector": {}},
    "policy.v1.PodDisruptionBudget": {"metadata": {}, "spec": {}, "status": {}},
    "policy.v1.PodDisruptionBudgetStatus": {
        "disruptionsAllowed": 0,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    },
    "rbac.v1.Role": {"rules": None},
    "rbac.v1.ClusterRole": {"rules": None},
    "rbac.v1.RoleBinding": {"roleRef": {}},
    "rbac.v1.ClusterRoleBinding": {"roleRef": {}},
    "autoscaling.v2.HorizontalPodAutoscaler": {"metadata": {}, "spec": {}, "status": {}},
    "autoscaling.v2.HorizontalPodAutoscalerStatus": {"desiredReplicas": 0, "currentMetrics": None},
    "coordination.v1.Lease": {"metadata": {}, "spec": {}},
    "apiextensions.v1.CustomResourceDefinition": {"metadata": {}, "spec": {}, "status": {}},
    "apiextensions.v1.CustomResourceDefinitionSpec": {
        "group": "",
        "names": {},
        "scope": "",
        "versions": None,
    },
    "apiextensions.v1.CustomResourceDefinitionNames": {"plural": "", "kind": ""},
    "apiextensions.v1.CustomResourceDefinitionStatus": {
        "conditions": None,
        "acceptedNames": {},
        "storedVersions": None,
    },
    "apiextensions.v1.CustomResourceDefinitionCondition": {"lastTransitionTime": None},
}


def zero_fill(schema: Schema, value: Object) -> None:
    """Add the always-printed fields to a built-in object, in place."""
    walk_objects(schema, value, zero)


def zero(schema: Schema, value: Object) -> None:
    """Add the always-printed fields of one object, not of those below it, in place."""
    for key, empty in ZEROS.get(schema.name, {}).items():
        if value.get(key) is None:
            value[key] = dict(empty) if isinstance(empty, dict) else empty


def complete(schema: Schema, value: Object) -> None:
    """Apply the defaults and the always-printed fields to a built-in object, in place."""
    walk_objects(schema, value, _complete)


def _complete(schema: Schema, value: Object) -> None:
    for key, default in _PLAIN.get(schema.name, {}).items():
        if value.get(key) is None:
            value[key] = dict(default) if isinstance(default, dict) else default
    rule = _RULES.get(schema.name)
    if rule is not None:
        rule(value)
    zero(schema, value)


_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_PLAIN: Final[dict[str, Object]] = {
    "core.v1.PodSpec": {
        "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst",
        "securityContext": {},
        "schedulerName": "default-scheduler",
    },
    "core.v1.Probe": _PROBE,
    "core.v1.HTTPGetAction": {"path": "/", "scheme": "HTTP"},
    "core.v1.GRPCAction": {"service": ""},
    "core.v1.ContainerPort": {"protocol": "TCP"},
    "core.v1.ObjectFieldSelector": {"apiVersion": "v1"},
    "core.v1.SecretVolumeSource": {"defaultMode": 420},
    "core.v1.ConfigMapVolumeSource": {"defaultMode": 420},
    "core.v1.DownwardAPIVolumeSource": {"defaultMode": 420},
    "core.v1.ProjectedVolumeSource": {"defaultMode": 420},
    "core.v1.ServiceAccountTokenProjection": {"expirationSeconds": 3600},
    "core.v1.HostPathVolumeSource": {"type": ""},
    "core.v1.Secret": {"type": "Opaque"},
    "core.v1.ServicePort": {"protocol": "TCP"},
    "core.v1.EndpointPort": {"protocol": "TCP"},
    "core.v1.PersistentVolumeClaimSpec": {"volumeMode": "Filesystem"},
    "core.v1.PersistentVolumeSpec": {"volumeMode": "Filesystem", "persistentVolumeReclaimPolicy": "Retain"},
    "apps.v1.DeploymentSpec": {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600},
    "apps.v1.DeploymentStrategy": {"type": "RollingUpdate"},
    "apps.v1.ReplicaSetSpec": {"replicas": 1},
    "apps.v1.StatefulSetSpec": {
        "replicas": 1,
        "revisionHistoryLimit": 10,
        "podManagementPolicy": "OrderedReady",
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    },
    "apps.v1.StatefulSetUpdateStrategy": {"type": "RollingUpdate"},
    "apps.v1.DaemonSetSpec": {"revisionHistoryLimit": 10},
    "apps.v1.DaemonSetUpdateStrategy": {"type": "RollingUpdate"},
    "batch.v1.JobSpec": {
        "backoffLimit": 6,
        "completionMode": "NonIndexed",
        "suspend": False,
        "podReplacementPolicy": "TerminatingOrFailed",
        "manualSelector": False,
    },
    "batch.v1.CronJobSpec": {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    },
    "storage.v1.StorageClass": {"reclaimPolicy": "Delete", "volumeBindingMode": "Immediate"},
    "discovery.v1.EndpointPort": {"name": "", "protocol": "TCP"},
    "autoscaling.v2.HorizontalPodAutoscalerSpec": {"minReplicas": 1},
    "apiextensions.v1.CustomResourceDefinitionSpec": {"conversion": {"strategy": "None"}},
    "apiextensions.v1.ServiceReference": {"port": 443},
}


def _container(value: Object) -> None:
    tag = str(value.get("image", "")).rpartition("/")[2].partition(":")[2]
    untagged = "@" not in str(value.get("image", "")) and tag in {"", "latest"}
    value.setdefault("terminationMessagePath", "/dev/termination-log")
    value.setdefault("terminationMessagePolicy", "File")
    value.setdefault("imagePullPolicy", "Always" if untagged else "IfNotPresent")
    resources = value.setdefault("resources", {})
    limits = resources.get("limits")
    if limits:
        resources["requests"] = {**limits, **(resources.get("requests") or {})}


def _deployment_strategy(value: Object) -> None:
    if value["type"] == "RollingUpdate":
        rolling = value.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", "25%")
        rolling.setdefault("maxSurge", "25%")


def _daemon_strategy(value: Object) -> None:
    if value["type"] == "RollingUpdate":
        rolling = value.setdefault("rollingUpdate", {})
        rolling.setdefault("maxUnavailable", 1)
        rolling.setdefault("maxSurge", 0)


def _stateful_strategy(value: Object) -> None:
    if value["type"] == "RollingUpdate":
        value.setdefault("rollingUpdate", {"partition": 0})


def _job(value: Object) -> None:
    if value.get("completions") is None and value.get("parallelism") is None:
        value["completions"] = value["parallelism"] = 1
    value.setdefault("parallelism", 1)


def _service_port(value: Object) -> None:
    if value.get("targetPort") in {None, 0, ""}:
        value["targetPort"] = value.get("port", 0)


def _service(value: Object) -> None:
    value.setdefault("type", "ClusterIP")
    value.setdefault("sessionAffinity", "None")
    if value["type"] != "ExternalName":
        value.setdefault("internalTrafficPolicy", "Cluster")
    if value["type"] in {"NodePort", "LoadBalancer"}:
        value.setdefault("externalTrafficPolicy", "Cluster")
    if value["type"] == "LoadBalancer":
        value.setdefault("allocateLoadBalancerNodePorts", True)


def _group_of_binding(value: Object) -> None:
    for subject in value.get("subjects") or ():
        if subject.get("kind") in {"User", "Group"}:
            subject.setdefault("apiGroup", "rbac.authorization.k8s.io")
    reference = value.get("roleRef")
    if reference:
        reference.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _names(value: Object) -> None:
    kind: Any = value.get("kind")
    if kind:
        value.setdefault("singular", str(kind).lower())
        value.setdefault("listKind", f"{kind}List")


def _network_policy(value: Object) -> None:
    if not value.get("policyTypes"):
        value["policyTypes"] = ["Ingress", "Egress"] if "egress" in value else ["Ingress"]


def _namespace(value: Object) -> None:
    metadata = value.setdefault("metadata", {})
    if metadata.get("name"):
        metadata["labels"] = {
            **(metadata.get("labels") or {}),
            "kubernetes.io/metadata.name": metadata["name"],
        }


def _secret(value: Object) -> None:
    plain = value.pop("stringData", None) or {}
    if plain:
        encoded = {key: base64.b64encode(str(text).encode()).decode() for key, text in plain.items()}
        value["data"] = {**(value.get("data") or {}), **encoded}


def _labelled_job(value: Object) -> None:
    """A Job without labels takes those of its template."""
    template = ((value.get("spec") or {}).get("template") or {}).get("metadata") or {}
    metadata = value.setdefault("metadata", {})
    if template.get("labels") and not metadata.get("labels"):
        metadata["labels"] = dict(template["labels"])


def _volume(value: Object) -> None:
    if not any(value.get(key) is not None for key in value if key != "name"):
        value["emptyDir"] = {}


def _pod(value: Object) -> None:
    value.setdefault("spec", {}).setdefault("enableServiceLinks", True)


_RULES: Final[dict[str, Callable[[Object], None]]] = {
    "core.v1.Namespace": _namespace,
    "core.v1.Pod": _pod,
    "core.v1.Secret": _secret,
    "core.v1.Volume": _volume,
    "core.v1.Container": _container,
    "core.v1.ServiceSpec": _service,
    "core.v1.ServicePort": _service_port,
    "apps.v1.DeploymentStrategy": _deployment_strategy,
    "apps.v1.DaemonSetUpdateStrategy": _daemon_strategy,
    "apps.v1.StatefulSetUpdateStrategy": _stateful_strategy,
    "batch.v1.Job": _labelled_job,
    "batch.v1.JobSpec": _job,
    "rbac.v1.RoleBinding": _group_of_binding,
    "rbac.v1.ClusterRoleBinding": _group_of_binding,
    "apiextensions.v1.CustomResourceDefinitionNames": _names,
    "networking.v1.NetworkPolicySpec": _network_policy,
}
