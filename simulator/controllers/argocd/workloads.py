"""Health of the built-in workload kinds, rule by rule as ArgoCD judges them."""

from typing import Any

from simulator.controllers.argocd.healthwords import (
    DEGRADED,
    HEALTHY,
    PROGRESSING,
    SUSPENDED,
    Health,
    condition,
)
from simulator.controllers.kinds import Object


def _observed(obj: Object) -> bool:
    generation = obj["metadata"].get("generation", 0)
    observed = (obj.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= generation)


def deployment(obj: Object) -> Health:
    spec, status, name = obj.get("spec") or {}, obj.get("status") or {}, obj["metadata"]["name"]
    if spec.get("paused"):
        return Health(SUSPENDED, "Deployment is paused")
    if not _observed(obj):
        return Health(
            PROGRESSING,
            "Waiting for rollout to finish: observed deployment generation less than desired generation",
        )
    if condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return Health(DEGRADED, f'Deployment "{name}" exceeded its progress deadline')
    replicas, wanted = status.get("replicas", 0), spec.get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if updated < wanted:
        lacking = f"{updated} out of {wanted} new replicas have been updated..."
    elif replicas > updated:
        lacking = f"{replicas - updated} old replicas are pending termination..."
    elif available < updated:
        lacking = f"{available} of {updated} updated replicas are available..."
    else:
        return Health(HEALTHY)
    return _rollout(lacking)


def _rollout(what: str) -> Health:
    return Health(PROGRESSING, f"Waiting for rollout to finish: {what}")


def replica_set(obj: Object) -> Health:
    if not _observed(obj):
        return Health(
            PROGRESSING,
            "Waiting for rollout to finish: observed replica set generation less than desired generation",
        )
    failure = condition(obj, "ReplicaFailure")
    if failure.get("status") == "True":
        return Health(DEGRADED, str(failure.get("message", "")))
    wanted = (obj.get("spec") or {}).get("replicas", 1)
    available = (obj.get("status") or {}).get("availableReplicas", 0)
    if available < wanted:
        return _rollout(f"{available} out of {wanted} new replicas are available...")
    return Health(HEALTHY)


def stateful_set(obj: Object) -> Health:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if not status.get("observedGeneration") or not _observed(obj):
        return Health(PROGRESSING, "Waiting for statefulset spec update to be observed...")
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    if ready < wanted:
        return Health(PROGRESSING, f"Waiting for {wanted - ready} pods to be ready...")
    if (spec.get("updateStrategy") or {}).get("type") == "OnDelete":
        return Health(HEALTHY, f"statefulset has {ready} ready pods")
    if status.get("updateRevision") != status.get("currentRevision"):
        updated = status.get("updatedReplicas", 0)
        return Health(
            PROGRESSING,
            f"waiting for statefulset rolling update to complete {updated} pods at revision"
            f" {status.get('updateRevision', '')}...",
        )
    return Health(
        HEALTHY,
        f"statefulset rolling update complete {ready} pods at revision"
        f" {status.get('currentRevision', '')}...",
    )


def daemon_set(obj: Object) -> Health:
    status = obj.get("status") or {}
    if not _observed(obj):
        return Health(
            PROGRESSING,
            "Waiting for rollout to finish: observed daemon set generation less than desired generation",
        )
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if updated < wanted:
        return _rollout(f"{updated} out of {wanted} new pods have been updated...")
    if available < wanted:
        return _rollout(f"{available} of {wanted} updated pods are available...")
    return Health(HEALTHY)


def pod(obj: Object) -> Health:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    phase = status.get("phase")
    if spec.get("restartPolicy", "Always") == "Always":
        bad = _waiting_badly(status)
        if bad:
            return Health(DEGRADED, bad)
    if phase == "Succeeded":
        return Health(HEALTHY, str(status.get("message", "")))
    if phase == "Failed":
        return Health(DEGRADED, str(status.get("message") or _exit(status)))
    if phase == "Running" and spec.get("restartPolicy", "Always") == "Always":
        return _running_pod(obj, status)
    return Health(PROGRESSING, str(status.get("message", "")))


def _running_pod(obj: Object, status: dict[str, Any]) -> Health:
    if condition(obj, "Ready").get("status") == "True":
        return Health(HEALTHY, str(status.get("message", "")))
    if any((each.get("lastState") or {}).get("terminated") for each in status.get("containerStatuses") or []):
        return Health(DEGRADED, str(status.get("message", "")))
    return Health(PROGRESSING, str(status.get("message", "")))


def _waiting_badly(status: dict[str, Any]) -> str:
    messages = []
    for each in status.get("containerStatuses") or []:
        waiting = (each.get("state") or {}).get("waiting") or {}
        reason = str(waiting.get("reason", ""))
        if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
            messages.append(str(waiting.get("message") or reason))
    return ", ".join(messages)


def _exit(status: dict[str, Any]) -> str:
    for each in status.get("containerStatuses") or []:
        ended = (each.get("state") or {}).get("terminated") or {}
        if ended.get("reason") == "OOMKilled":
            return "OOMKilled"
        if ended.get("exitCode"):
            return f'container "{each.get("name")}" failed with exit code {ended["exitCode"]}'
    return ""


def job(obj: Object) -> Health:
    failed = condition(obj, "Failed")
    if failed.get("status") == "True":
        return Health(DEGRADED, str(failed.get("message", "")))
    complete = condition(obj, "Complete")
    if complete.get("status") == "True":
        return Health(HEALTHY, str(complete.get("message", "")))
    if condition(obj, "Suspended").get("status") == "True":
        return Health(SUSPENDED, str(condition(obj, "Suspended").get("message", "")))
    return Health(PROGRESSING, str(complete.get("message", "")))


def claim_of_volume(obj: Object) -> Health:
    phase = (obj.get("status") or {}).get("phase")
    return Health({"Lost": DEGRADED, "Bound": HEALTHY}.get(str(phase), PROGRESSING))


def balanced(obj: Object) -> Health:
    addresses = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    return Health(HEALTHY if addresses else PROGRESSING)


def service(obj: Object) -> Health:
    if (obj.get("spec") or {}).get("type") == "LoadBalancer":
        return balanced(obj)
    return Health(HEALTHY)
