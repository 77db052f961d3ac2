"""Health of single resources by ArgoCD's rules, computed here because ArgoCD 3 does not report it.

For Crossplane claims ArgoCD has no rule; that of Crossplane's own kinds is applied as the portal's judgement.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from portal.core.objects.argo import ApplicationSet
from portal.core.objects.crossplane import Composite
from portal.core.objects.external import ExternalSecret, Store
from portal.core.objects.meta import Condition, Meta, condition
from portal.core.objects.plain import Service, VolumeClaim
from portal.core.objects.pod import Container, Pod
from portal.core.objects.workload import Workload

Judged: TypeAlias = (
    Workload | Pod | ExternalSecret | Store | Composite | Service | VolumeClaim | ApplicationSet
)


class HealthStatus(StrEnum):
    """ArgoCD's words, best to worst."""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """A status and what the object itself says about it."""

    status: HealthStatus
    message: str = ""


_HEALTHY = Health(HealthStatus.HEALTHY)


def health_of(item: Judged) -> Health:
    """The health of any object the portal has a rule for; first match wins."""
    if item.meta.deleting:
        return Health(HealthStatus.PROGRESSING, "Pending deletion")
    match item:
        case Workload():
            return health_of_workload(item)
        case Pod():
            return health_of_pod(item)
        case ExternalSecret() | Store():
            return health_of_ready(item.meta, item.conditions)
        case Composite():
            return health_of_composite(item)
        case Service():
            waiting = item.type == "LoadBalancer" and not item.balanced
            return Health(HealthStatus.PROGRESSING, "waiting for a load balancer") if waiting else _HEALTHY
        case VolumeClaim():
            return health_of_volume(item)
        case ApplicationSet():
            return health_of_generator(item)


def health_of_workload(item: Workload) -> Health:
    """Deployment, ReplicaSet, StatefulSet or Job."""
    rule = {"Deployment": _deployment, "ReplicaSet": _replica_set, "StatefulSet": _stateful_set, "Job": _job}
    judge = rule.get(item.meta.kind)
    return judge(item) if judge else Health(HealthStatus.UNKNOWN, f"no rule for kind {item.meta.kind}")


def health_of_ready(meta: Meta, conditions: tuple[Condition, ...]) -> Health:
    """External Secrets' kinds: Ready decides."""
    ready = condition(conditions, "Ready")
    if ready is None or ready.status not in {"True", "False"}:
        return Health(HealthStatus.PROGRESSING, f"Waiting for {meta.kind}")
    status = HealthStatus.HEALTHY if ready.status == "True" else HealthStatus.DEGRADED
    return Health(status, ready.message)


def health_of_composite(item: Composite) -> Health:
    """Crossplane's kinds, and claims by the portal's own judgement: Synced, then Ready."""
    for kind in ("Synced", "LastAsyncOperation"):
        found = condition(item.conditions, kind)
        if found is not None and found.status == "False":
            return Health(HealthStatus.DEGRADED, f"{found.reason}: {found.message}".strip(": "))
    for kind in ("Ready", "Healthy", "Offered", "Established"):
        found = condition(item.conditions, kind)
        if found is not None and found.status == "True":
            return _HEALTHY
    ready = condition(item.conditions, "Ready")
    message = f"{ready.reason}: {ready.message}".strip(": ") if ready else ""
    return Health(HealthStatus.PROGRESSING, message or f"Provisioning {item.meta.kind}")


def health_of_volume(item: VolumeClaim) -> Health:
    """Bound, lost, or on its way."""
    if item.phase == "Bound":
        return _HEALTHY
    status = HealthStatus.DEGRADED if item.phase == "Lost" else HealthStatus.PROGRESSING
    return Health(status, f"volume claim is {item.phase or 'not bound yet'}")


def health_of_generator(item: ApplicationSet) -> Health:
    """An ApplicationSet by its conditions."""
    failed = condition(item.conditions, "ErrorOccurred")
    if failed is not None and failed.status == "True":
        return Health(HealthStatus.DEGRADED, failed.message)
    current = condition(item.conditions, "ResourcesUpToDate")
    if current is not None and current.status == "False":
        return Health(HealthStatus.DEGRADED, current.message)
    rolling = condition(item.conditions, "RolloutProgressing")
    if rolling is not None and rolling.status == "True":
        return Health(HealthStatus.PROGRESSING, rolling.message)
    if current is not None and current.status == "True":
        return _HEALTHY
    return Health(HealthStatus.UNKNOWN, "no condition yet")


def health_of_pod(pod: Pod) -> Health:
    """A long-running pod: waiting reasons first, then its phase."""
    for container in pod.containers:
        if pod.restart_policy == "Always" and waits_in_error(container):
            return Health(HealthStatus.DEGRADED, container.waiting_message or container.waiting_reason)
    if pod.phase == "Pending":
        return Health(HealthStatus.PROGRESSING, pod.message)
    if pod.phase == "Succeeded":
        return _HEALTHY
    if pod.phase == "Failed":
        return Health(HealthStatus.DEGRADED, _failure(pod))
    if pod.phase != "Running":
        return Health(HealthStatus.UNKNOWN, pod.message)
    if pod.restart_policy != "Always":
        return Health(HealthStatus.PROGRESSING, pod.message)
    if pod.ready:
        return _HEALTHY
    died = any(container.last is not None for container in pod.containers)
    return Health(HealthStatus.DEGRADED if died else HealthStatus.PROGRESSING, pod.message)


def waits_in_error(container: Container) -> bool:
    """Whether a container waits for a reason that ArgoCD takes for an error."""
    reason = container.waiting_reason
    return reason.startswith("Err") or reason.endswith(("Error", "BackOff"))


def _failure(pod: Pod) -> str:
    if pod.message:
        return pod.message
    for container in pod.containers:
        if container.ended is not None and container.ended.reason == "OOMKilled":
            return f"container {container.name} was killed for its memory use"
        if container.ended is not None and container.ended.exit_code:
            return f"container {container.name} failed with exit code {container.ended.exit_code}"
    return pod.reason


def _behind(item: Workload) -> bool:
    return item.observed_generation < item.meta.generation


def _deployment(item: Workload) -> Health:
    if item.paused:
        return Health(HealthStatus.SUSPENDED, "Deployment is paused")
    if _behind(item):
        return Health(HealthStatus.PROGRESSING, "waiting for the rollout to be observed")
    progress = condition(item.conditions, "Progressing")
    if progress is not None and progress.reason == "ProgressDeadlineExceeded":
        return Health(HealthStatus.DEGRADED, progress.message or "the rollout exceeded its deadline")
    if item.updated < item.desired:
        return _rolling(f"{item.updated} of {item.desired} new replicas have been updated")
    if item.current > item.updated:
        return _rolling(f"{item.current - item.updated} old replicas are pending termination")
    if item.available < item.updated:
        return _rolling(f"{item.available} of {item.updated} updated replicas are available")
    return _HEALTHY


def _replica_set(item: Workload) -> Health:
    if _behind(item):
        return Health(HealthStatus.PROGRESSING, "waiting for the rollout to be observed")
    failure = condition(item.conditions, "ReplicaFailure")
    if failure is not None and failure.status == "True":
        return Health(HealthStatus.DEGRADED, failure.message)
    if item.available < item.desired:
        return _rolling(f"{item.available} of {item.desired} replicas are available")
    return _HEALTHY


def _stateful_set(item: Workload) -> Health:
    if _behind(item) or item.observed_generation == 0:
        return Health(HealthStatus.PROGRESSING, "waiting for the rollout to be observed")
    if item.ready < item.desired:
        return _rolling(f"{item.ready} of {item.desired} pods are ready")
    return _HEALTHY


def _job(item: Workload) -> Health:
    failed = condition(item.conditions, "Failed")
    if failed is not None and failed.status == "True":
        return Health(HealthStatus.DEGRADED, failed.message)
    complete = condition(item.conditions, "Complete")
    if complete is not None and complete.status == "True":
        return Health(HealthStatus.HEALTHY, complete.message)
    if item.paused:
        return Health(HealthStatus.SUSPENDED, "Job is suspended")
    return Health(HealthStatus.PROGRESSING, "Job runs")


def _rolling(what: str) -> Health:
    return Health(HealthStatus.PROGRESSING, f"Waiting for rollout to finish: {what}")
