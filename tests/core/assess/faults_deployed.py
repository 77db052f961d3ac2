"""Faults of the Application, the workload and its pods, one at a time."""

from typing import Any

from portal.core.chain import HopName, HopState
from tests.core.assess.tenant import (
    NEEDS,
    NOON,
    application,
    deployment,
    event,
    generator,
    gone,
    pod,
    ready,
    replica_set,
    secret,
    stamp,
    there,
)

BROKEN, DEGRADED, PROGRESSING = HopState.BROKEN, HopState.DEGRADED, HopState.PROGRESSING


def waiting(reason: str, message: str) -> dict[str, Any]:
    return {
        "state": {"waiting": {"reason": reason, "message": message}},
        "ready": "False",
        "phase": "Pending",
    }


IMAGE = "ghcr.io/bizmatters/identity-service:1.4.2"
WRAPPED = (
    f'Back-off pulling image "{IMAGE}": ErrImagePull: rpc error: code = NotFound desc = failed to pull and '
    f'unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": {IMAGE}: ghcr.io says no: 404'
)
DB = "identity-service-db"
HELD = [*NEEDS.secrets, "identity-cache-conn"]
DB_ROTATED = tuple(secret(name, changed=stamp(11, 55 if name == DB else 41)) for name in HELD)

# id, what changes, the hop that breaks, its state, words of its cause, words of its fix.
CASES: list[tuple[str, dict[str, Any], HopName, HopState, str, str]] = [
    (
        "application-absent",
        {"application": gone()},
        HopName.APPLICATION,
        BROKEN,
        "Application identity-service does not exist in namespace argocd",
        "describe applicationset",
    ),
    (
        "application-not-generated-yet",
        {"application": gone(), "committed_at": NOON.timestamp() - 60},
        HopName.APPLICATION,
        PROGRESSING,
        "has not been generated yet",
        "kubectl",
    ),
    (
        "application-of-another-cluster",
        {
            "application": gone(),
            "generators": there((generator(pattern="tenants/*/overlays/staging/config.yaml"),)),
        },
        HopName.APPLICATION,
        BROKEN,
        "no ApplicationSet of this cluster looks for tenants/identity-service/overlays/dev/config.yaml",
        "kubectl",
    ),
    (
        "application-set-fails",
        {
            "application": gone(),
            "generators": there(
                (generator(conditions=[ready(kind="ErrorOccurred", message="cannot clone repository")]),)
            ),
        },
        HopName.APPLICATION,
        BROKEN,
        "ApplicationSet tenant-applications fails: cannot clone repository",
        "kubectl",
    ),
    (
        "application-comparison-error-though-healthy",
        {
            "application": there(
                application(
                    conditions=[{"type": "ComparisonError", "message": "kustomize build failed"}],
                    sync={"status": "Unknown"},
                )
            )
        },
        HopName.APPLICATION,
        BROKEN,
        "ComparisonError: kustomize build failed",
        "kubectl",
    ),
    (
        "operation-failed-by-a-hook",
        {
            "application": there(
                application(
                    operationState={
                        "phase": "Failed",
                        "message": "one or more synchronization tasks completed unsuccessfully",
                        "syncResult": {
                            "resources": [
                                {"kind": "Service", "name": "identity-service", "status": "Synced"},
                                {
                                    "kind": "Job",
                                    "name": "identity-service-migrate",
                                    "hookPhase": "Failed",
                                    "message": "Job has reached the specified backoff limit",
                                },
                            ]
                        },
                    }
                )
            )
        },
        HopName.APPLICATION,
        BROKEN,
        "Job identity-service-migrate: Job has reached the specified backoff limit",
        "describe application identity-service",
    ),
    (
        "operation-stuck",
        {
            "application": there(
                application(
                    operationState={
                        "phase": "Running",
                        "message": "waiting for completion of hook batch/Job/identity-service-migrate",
                        "startedAt": stamp(11, 0),
                    }
                )
            )
        },
        HopName.APPLICATION,
        BROKEN,
        "is stuck for 60 min: waiting for completion of hook batch/Job/identity-service-migrate",
        "describe application identity-service",
    ),
    (
        "excluded-by-argocd",
        {
            "application": there(
                application(
                    conditions=[
                        {"type": "OrphanedResourceWarning", "message": "3 of them"},
                        {"type": "ExcludedResourceWarning", "message": "XDragonflyInstance x is excluded"},
                    ]
                )
            )
        },
        HopName.APPLICATION,
        DEGRADED,
        "ExcludedResourceWarning: XDragonflyInstance x is excluded",
        "describe application identity-service",
    ),
    (
        "volume-that-cannot-be-mounted",
        {
            "pods": there((pod(**waiting("ContainerCreating", "")),)),
            "events": there(
                (event("Pod", "identity-service-1-a", "FailedMount", 'configmap "conf" has no key b'),)
            ),
        },
        HopName.WORKLOAD,
        DEGRADED,
        'cannot start: configmap "conf" has no key b',
        "describe pod identity-service-1-a",
    ),
    (
        "killed-by-its-liveness-probe",
        {
            "pods": there(
                (
                    pod(
                        ready="False",
                        restarts=3,
                        last={"terminated": {"exitCode": 0, "reason": "Completed"}},
                    ),
                )
            ),
            "events": there(
                (event("Pod", "identity-service-1-a", "Unhealthy", "Liveness probe failed: 404"),)
            ),
        },
        HopName.WORKLOAD,
        DEGRADED,
        "crashes (exit code 0, 3 restarts): Liveness probe failed: 404",
        "logs identity-service-1-a",
    ),
    (
        "drifted",
        {
            "application": there(
                application(
                    sync={"status": "OutOfSync"},
                    resources=[{"kind": "Service", "name": "identity-service", "status": "OutOfSync"}],
                )
            )
        },
        HopName.APPLICATION,
        DEGRADED,
        "out of sync: Service/identity-service",
        "get application identity-service -o jsonpath=",
    ),
    (
        "deployment-absent",
        {"deployments": there(())},
        HopName.WORKLOAD,
        BROKEN,
        "Deployment identity-service does not exist",
        "kubectl",
    ),
    (
        "image-that-was-never-pushed",
        {"pods": there((pod(**waiting("ImagePullBackOff", WRAPPED)),))},
        HopName.WORKLOAD,
        BROKEN,
        f"cannot pull image {IMAGE}: {IMAGE.partition('/')[0]} says no: 404",
        "describe pod",
    ),
    (
        "image-cannot-be-pulled",
        {
            "pods": there((pod(**waiting("ImagePullBackOff", 'Back-off pulling image "x": unauthorized')),)),
            "deployments": there((deployment(status={"availableReplicas": 0, "readyReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        BROKEN,
        "cannot pull image ghcr.io/bizmatters/identity-service:1.4.2",
        "describe pod",
    ),
    (
        "crash-loop",
        {
            "pods": there(
                (
                    pod(
                        state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                        last={
                            "terminated": {
                                "reason": "Error",
                                "exitCode": 3,
                                "message": "database refused login",
                            }
                        },
                        restarts=4,
                        ready="False",
                    ),
                )
            ),
            "deployments": there((deployment(status={"availableReplicas": 0, "readyReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        BROKEN,
        "crashes (exit code 3, 4 restarts): database refused login",
        "logs identity-service-1-a -c identity-service --previous",
    ),
    (
        "out-of-memory",
        {
            "pods": there(
                (
                    pod(
                        state={"waiting": {"reason": "CrashLoopBackOff"}},
                        last={"terminated": {"reason": "OOMKilled", "exitCode": 137}},
                        restarts=2,
                        ready="False",
                    ),
                )
            ),
            "deployments": there((deployment(status={"availableReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        BROKEN,
        "killed for exceeding its memory limit",
        "--previous",
    ),
    (
        "one-of-two-crashes",
        {
            "pods": there(
                (
                    pod(),
                    pod(
                        "identity-service-1-b",
                        state={"waiting": {"reason": "CrashLoopBackOff"}},
                        last={"terminated": {"reason": "Error", "exitCode": 1}},
                        restarts=1,
                        ready="False",
                    ),
                )
            ),
            "deployments": there((deployment(status={"availableReplicas": 1}),)),
        },
        HopName.WORKLOAD,
        DEGRADED,
        "(1 of 2 pods serve)",
        "logs identity-service-1-b",
    ),
    (
        "probe-fails",
        {
            "pods": there((pod(ready="False"),)),
            "deployments": there((deployment(status={"availableReplicas": 0}),)),
            "events": there(
                (event("Pod", "identity-service-1-a", "Unhealthy", "Readiness probe failed: 503"),)
            ),
        },
        HopName.WORKLOAD,
        BROKEN,
        "runs for 10 min and is not ready: Readiness probe failed: 503",
        "logs identity-service-1-a",
    ),
    (
        "just-started",
        {
            "pods": there((pod(ready="False", started=stamp(11, 59, 40)),)),
            "deployments": there((deployment(status={"availableReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        PROGRESSING,
        "runs and is not ready yet",
        "describe pod",
    ),
    (
        "unschedulable",
        {
            "pods": there(
                (
                    pod(
                        phase="Pending",
                        ready="False",
                        state={},
                        conditions=[
                            ready("False", "Unschedulable", "0/3 nodes are available", "PodScheduled")
                        ],
                    ),
                )
            ),
            "deployments": there((deployment(status={"availableReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        BROKEN,
        "cannot be scheduled: 0/3 nodes are available",
        "describe pod",
    ),
    (
        "replica-set-may-not-make-pods",
        {
            "pods": there(()),
            "replica_sets": there(
                (
                    replica_set(
                        availableReplicas=0,
                        conditions=[ready(kind="ReplicaFailure", message="quota reached")],
                    ),
                )
            ),
            "deployments": there((deployment(status={"availableReplicas": 0}),)),
        },
        HopName.WORKLOAD,
        BROKEN,
        "ReplicaSet identity-service-1: quota reached",
        "describe deployment",
    ),
    (
        "deadline-exceeded",
        {
            "deployments": there(
                (
                    deployment(
                        status={"availableReplicas": 1},
                        conditions=[
                            ready("False", "ProgressDeadlineExceeded", "has timed out", "Progressing")
                        ],
                    ),
                )
            )
        },
        HopName.WORKLOAD,
        BROKEN,
        "has timed out",
        "describe deployment",
    ),
    (
        "secret-changed-after-the-pods-started",
        {"secrets": there(DB_ROTATED)},
        HopName.FRESHNESS,
        DEGRADED,
        "Secret identity-service-db changed 5 min ago, after pod identity-service-1-a read its environment",
        "rollout restart deployment/identity-service",
    ),
    (
        "argocd-is-dead-though-its-word-is-healthy",
        {"application": there(application(reconciledAt=stamp(11, 35)))},
        HopName.APPLICATION,
        DEGRADED,
        "was last compared with git 25 min ago: ArgoCD seems not to run, its word Synced, Healthy is as old",
        "get pods -l app.kubernetes.io/part-of=argocd",
    ),
]
