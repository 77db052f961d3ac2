"""Hop 11: the service's Deployment, its newest ReplicaSet and that ReplicaSet's pods.

Pods are read before counts: a crashing pod keeps a Deployment "progressing" for ten minutes.
"""

from portal.core.assess import pods
from portal.core.assess.health import HealthStatus, health_of_workload
from portal.core.assess.judgement import (
    Bench,
    Case,
    Judgement,
    bench,
    blind,
    sentence,
    undeployed,
    worst,
)
from portal.core.chain import HopName, HopState
from portal.core.facets import Absent, Present
from portal.core.objects.meta import condition
from portal.core.objects.pod import Pod
from portal.core.objects.workload import Workload


def judge(case: Case) -> Judgement:
    """Absent, then its pods' troubles, then what the controllers say."""
    facet, name = case.seen.deployments, case.tenant.service
    on = bench(facet, case.seen.pods)
    hidden = blind(facet)
    if hidden:
        return hidden
    deployment = deployment_of(case)
    if deployment is None:
        cause = f"Deployment {name} does not exist in namespace {case.needs.namespace}"
        fix = f"kubectl -n {case.seen.place.argocd} describe application {name}"
        return on.broken(cause, fix, blames=(HopName.APPLICATION,))
    hidden = blind(case.seen.pods)
    if hidden:
        return hidden
    return _judge_present(case, on, deployment)


def _judge_present(case: Case, on: Bench, deployment: Workload) -> Judgement:
    if deployment.meta.deleting:
        return on.progressing(f"Deployment {deployment.meta.name} is being deleted", _look(deployment))
    if deployment.desired == 0:
        return on.healthy("scaled to 0")
    mine = current_pods(case, deployment)
    troubles = [found for pod in mine if (found := pods.trouble(case, on, pod)) is not None]
    if troubles:
        return _weigh(worst(troubles), deployment, on)
    failure = _failure(case, on, deployment)
    if failure is not None:
        return failure
    health = health_of_workload(deployment)
    if health.status is HealthStatus.HEALTHY:
        served = on.healthy(f"{deployment.ready} of {deployment.desired} ready")
        return undeployed(case, on, "Deployment", deployment.meta.name) or served
    if health.status is HealthStatus.DEGRADED:
        return on.broken(f"Deployment {deployment.meta.name}: {sentence(health.message)}", _look(deployment))
    if health.status is HealthStatus.SUSPENDED:
        resume = f"kubectl -n {deployment.meta.namespace} rollout resume deployment/{deployment.meta.name}"
        return on.degraded(f"Deployment {deployment.meta.name} is paused", resume)
    return on.progressing(f"Deployment {deployment.meta.name}: {sentence(health.message)}", _look(deployment))


def deployment_of(case: Case) -> Workload | None:
    """The Deployment that carries the service's name."""
    facet = case.seen.deployments
    held = facet.value if isinstance(facet, Present) else ()
    return next((found for found in held if found.meta.name == case.tenant.service), None)


def current_pods(case: Case, deployment: Workload) -> list[Pod]:
    """Pods of the newest ReplicaSet that are not on their way out."""
    newest = newest_replica_set(case, deployment)
    facet = case.seen.pods
    held = facet.value if isinstance(facet, Present) else ()
    alive = [found for found in held if not found.meta.deleting]
    if newest is not None:
        return [found for found in alive if found.meta.owned_by(newest.meta)]
    return [
        found for found in alive if found.meta.labels.get("app.kubernetes.io/name") == case.tenant.service
    ]


def newest_replica_set(case: Case, deployment: Workload) -> Workload | None:
    """The ReplicaSet of the newest revision, None where ReplicaSets cannot be seen."""
    facet = case.seen.replica_sets
    held = facet.value if isinstance(facet, Present) else ()
    mine = [found for found in held if found.meta.owned_by(deployment.meta)]
    return max(mine, key=lambda found: (found.revision, found.meta.created_at or 0.0), default=None)


def _weigh(found: Judgement, deployment: Workload, on: Bench) -> Judgement:
    """Trouble of some pods while others serve is degraded, not broken."""
    if found.state is HopState.BROKEN and deployment.available > 0 and not found.blames:
        cause = f"{found.cause} ({deployment.available} of {deployment.desired} pods serve)"
        return on.degraded(cause, found.fix)
    return found


def _failure(case: Case, on: Bench, deployment: Workload) -> Judgement | None:
    """A ReplicaSet that may not make its pods: quota, admission, a missing service account."""
    newest = newest_replica_set(case, deployment)
    for item in (newest, deployment):
        found = condition(item.conditions, "ReplicaFailure") if item is not None else None
        if item is not None and found is not None and found.status == "True":
            return on.broken(
                f"{item.meta.kind} {item.meta.name}: {sentence(found.message)}", _look(deployment)
            )
    return None


def _look(deployment: Workload) -> str:
    return f"kubectl -n {deployment.meta.namespace} describe deployment {deployment.meta.name}"


def is_absent(case: Case) -> bool:
    """Whether the service surely has no Deployment."""
    return isinstance(case.seen.deployments, Present | Absent) and deployment_of(case) is None
