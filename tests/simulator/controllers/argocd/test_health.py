"""Health by kind, rule by rule, and of the whole."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.controllers.argocd.health import counts, has_check, health, worst
from simulator.controllers.argocd.healthwords import BEST_TO_WORST, Health
from simulator.controllers.kinds import Object


def thing(api_version: str, kind: str, status: Any = None, spec: Any = None, **metadata: Any) -> Object:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "x", "generation": 2, **metadata},
        "spec": spec or {},
        "status": status or {},
    }


def conditions(*entries: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "conditions": [{"type": kind, "status": status, "message": text} for kind, status, text in entries]
    }


def waiting(reason: str) -> dict[str, Any]:
    return {
        "phase": "Pending",
        "containerStatuses": [{"state": {"waiting": {"reason": reason, "message": "why"}}}],
    }


ROLLED = {
    "observedGeneration": 2,
    "replicas": 3,
    "updatedReplicas": 3,
    "availableReplicas": 3,
    "readyReplicas": 3,
}
DEADLINE = {"type": "Progressing", "reason": "ProgressDeadlineExceeded"}
ESO, XP = "external-secrets.io/v1", "kubernetes.crossplane.io/v1alpha2"
RUNNING_UNREADY = {"phase": "Running", "containerStatuses": [{"lastState": {"terminated": {"exitCode": 1}}}]}

TABLE = {
    "deployment paused": (
        thing("apps/v1", "Deployment", ROLLED, {"paused": True}),
        "Suspended",
        "Deployment is paused",
    ),
    "deployment unobserved": (
        thing("apps/v1", "Deployment", ROLLED | {"observedGeneration": 1}, {"replicas": 3}),
        "Progressing",
        "Waiting for rollout to finish: observed deployment generation less than desired generation",
    ),
    "deployment too late": (
        thing("apps/v1", "Deployment", ROLLED | {"conditions": [DEADLINE]}, {"replicas": 3}),
        "Degraded",
        'Deployment "x" exceeded its progress deadline',
    ),
    "deployment updating": (
        thing("apps/v1", "Deployment", ROLLED | {"updatedReplicas": 1}, {"replicas": 3}),
        "Progressing",
        "Waiting for rollout to finish: 1 out of 3 new replicas have been updated...",
    ),
    "deployment draining": (
        thing("apps/v1", "Deployment", ROLLED | {"replicas": 4}, {"replicas": 3}),
        "Progressing",
        "Waiting for rollout to finish: 1 old replicas are pending termination...",
    ),
    "deployment starting": (
        thing("apps/v1", "Deployment", ROLLED | {"availableReplicas": 2}, {"replicas": 3}),
        "Progressing",
        "Waiting for rollout to finish: 2 of 3 updated replicas are available...",
    ),
    "deployment rolled out": (thing("apps/v1", "Deployment", ROLLED, {"replicas": 3}), "Healthy", ""),
    "anything being deleted": (
        thing("apps/v1", "Deployment", ROLLED, {"replicas": 3}, deletionTimestamp="t"),
        "Progressing",
        "Pending deletion",
    ),
    "stateful set starting": (
        thing("apps/v1", "StatefulSet", ROLLED | {"readyReplicas": 1}, {"replicas": 3}),
        "Progressing",
        "Waiting for 2 pods to be ready...",
    ),
    "stateful set unobserved": (
        thing("apps/v1", "StatefulSet", {}, {"replicas": 1}),
        "Progressing",
        "Waiting for statefulset spec update to be observed...",
    ),
    "replica set short": (
        thing("apps/v1", "ReplicaSet", ROLLED | {"availableReplicas": 0}, {"replicas": 3}),
        "Progressing",
        "Waiting for rollout to finish: 0 out of 3 new replicas are available...",
    ),
    "daemon set": (
        thing("apps/v1", "DaemonSet", {"observedGeneration": 2, "desiredNumberScheduled": 1}),
        "Progressing",
        "Waiting for rollout to finish: 0 out of 1 new pods have been updated...",
    ),
    "pod without its image": (thing("v1", "Pod", waiting("ImagePullBackOff")), "Degraded", "why"),
    "pod without its secret": (thing("v1", "Pod", waiting("CreateContainerConfigError")), "Degraded", "why"),
    "pod whose pull failed": (thing("v1", "Pod", waiting("ErrImagePull")), "Degraded", "why"),
    "pod starting": (thing("v1", "Pod", waiting("ContainerCreating")), "Progressing", ""),
    "pod ready": (
        thing("v1", "Pod", {"phase": "Running"} | conditions(("Ready", "True", ""))),
        "Healthy",
        "",
    ),
    "pod restarted": (thing("v1", "Pod", RUNNING_UNREADY), "Degraded", ""),
    "pod not ready yet": (thing("v1", "Pod", {"phase": "Running"}), "Progressing", ""),
    "pod out of memory": (
        thing(
            "v1",
            "Pod",
            {
                "phase": "Failed",
                "containerStatuses": [{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}],
            },
        ),
        "Degraded",
        "OOMKilled",
    ),
    "job failed": (
        thing("batch/v1", "Job", conditions(("Failed", "True", "gave up"))),
        "Degraded",
        "gave up",
    ),
    "job complete": (thing("batch/v1", "Job", conditions(("Complete", "True", ""))), "Healthy", ""),
    "job running": (thing("batch/v1", "Job"), "Progressing", ""),
    "volume bound": (thing("v1", "PersistentVolumeClaim", {"phase": "Bound"}), "Healthy", ""),
    "volume lost": (thing("v1", "PersistentVolumeClaim", {"phase": "Lost"}), "Degraded", ""),
    "volume pending": (thing("v1", "PersistentVolumeClaim", {"phase": "Pending"}), "Progressing", ""),
    "service": (thing("v1", "Service", {}, {"type": "ClusterIP"}), "Healthy", ""),
    "balancer without address": (thing("v1", "Service", {}, {"type": "LoadBalancer"}), "Progressing", ""),
    "external secret failed": (
        thing(
            ESO, "ExternalSecret", conditions(("Ready", "False", "could not get secret data from provider"))
        ),
        "Degraded",
        "could not get secret data from provider",
    ),
    "external secret new": (thing(ESO, "ExternalSecret"), "Progressing", "Waiting for ExternalSecret"),
    "store ready": (thing(ESO, "ClusterSecretStore", conditions(("Ready", "True", "ok"))), "Healthy", "ok"),
    "composed not synced": (
        thing(XP, "Object", conditions(("Ready", "True", ""), ("Synced", "False", "denied"))),
        "Degraded",
        "denied",
    ),
    "composed ready": (
        thing(XP, "Object", conditions(("Synced", "True", ""), ("Ready", "True", ""))),
        "Healthy",
        "Resource is up-to-date.",
    ),
    "composed new": (thing(XP, "Object"), "Progressing", "Provisioning resource..."),
}


@pytest.mark.parametrize(("obj", "status", "message"), TABLE.values(), ids=TABLE)
def test_health_of(obj: Object, status: str, message: str) -> None:
    assert health(obj) == Health(status, message)


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("v1", "Secret"),
        ("v1", "ConfigMap"),
        ("v1", "Namespace"),
        ("cache.bizmatters.io/v1alpha1", "DragonflyInstance"),
        ("argoproj.io/v1alpha1", "Application"),
    ],
)
def test_kinds_without_a_check_have_no_health(api_version: str, kind: str) -> None:
    obj = thing(api_version, kind, conditions(("Ready", "False", "broken")))
    assert health(obj) is None
    assert not has_check(obj)


def test_an_annotation_takes_an_object_out_of_the_whole() -> None:
    obj = thing("apps/v1", "Deployment", annotations={"argocd.argoproj.io/ignore-healthcheck": "true"})
    assert has_check(obj)
    assert not counts(obj)


@given(st.lists(st.sampled_from(BEST_TO_WORST)))
def test_the_whole_is_as_healthy_as_its_worst_part(statuses: list[str]) -> None:
    found = worst(statuses)
    assert found == "Healthy" if not statuses else found in statuses
    assert all(BEST_TO_WORST.index(found) >= BEST_TO_WORST.index(each) for each in statuses)
