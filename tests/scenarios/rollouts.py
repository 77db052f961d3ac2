"""What keeps pods from a place, and rollouts and jobs from their end."""

from tests.scenarios.manifests import (
    application,
    deployment,
    job,
    named,
    pod_spec,
    text,
)
from tests.scenarios.model import (
    Allow,
    Apply,
    Commit,
    Condition,
    Deny,
    Each,
    Empty,
    Ended,
    Event,
    Field,
    Lifted,
    Manifest,
    Rung,
    Scenario,
    Silence,
    Speak,
    Until,
)
from tests.scenarios.pods import AVAILABLE, POD, REPOSITORY, RUNS, WEB, replace

BRIEFLY = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
    "tolerationSeconds": 30,
}


def _nightly(tag: str, policy: str = "Forbid") -> Manifest:
    """Every minute, so that nobody waits for the night."""
    pods = {"restartPolicy": "Never", **pod_spec(f"{REPOSITORY}/app:{tag}")}
    job_template = {"spec": {"template": {"spec": pods}}}
    spec = {"schedule": "*/1 * * * *", "concurrencyPolicy": policy, "jobTemplate": job_template}
    return named("CronJob", "batch/v1", "nightly", spec=spec)


PLACES = (
    Scenario(
        "no-fitting-node",
        Rung.POD,
        "Pending: no node is like that",
        replace(nodeSelector={"disk": "fast"}),
        (
            Event(
                POD,
                "FailedScheduling",
                "0/3 nodes are available: …node(s) didn't match Pod's node affinity/selector…",
            ),
            Condition(POD, "PodScheduled", "False", "Unschedulable"),
        ),
        replace(),
        RUNS,
    ),
    Scenario(
        "no-storage-class",
        Rung.POD,
        "Pending: its volume never comes",
        (
            Apply(
                [
                    named(
                        "PersistentVolumeClaim",
                        "v1",
                        "data",
                        spec={
                            "accessModes": ["ReadWriteOnce"],
                            "storageClassName": "${ns}",
                            "resources": {"requests": {"storage": "1Gi"}},
                        },
                    ),
                    deployment(volumes=[{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]),
                ]
            ),
        ),
        (
            Event(
                "PersistentVolumeClaim/data",
                "ProvisioningFailed",
                'storageclass.storage.k8s.io "${ns}" not found',
            ),
            Event(
                POD,
                "FailedScheduling",
                "0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims.",
            ),
        ),
        (
            Apply(
                [
                    named(
                        "StorageClass",
                        "storage.k8s.io/v1",
                        "${ns}",
                        provisioner="rancher.io/local-path",
                        reclaimPolicy="Delete",
                        volumeBindingMode="Immediate",
                    )
                ]
            ),
        ),
        (
            Event(
                "PersistentVolumeClaim/data",
                "ProvisioningSucceeded",
                "Successfully provisioned volume pvc-…",
                "Normal",
            ),
            *RUNS,
        ),
    ),
    Scenario(
        "pods-refused",
        Rung.DEPLOYMENT,
        "no pod at all",
        (Deny("workloads", "pods"), *replace()),
        (
            Event("ReplicaSet/web-…", "FailedCreate", "Error creating: pods …is forbidden: …"),
            Condition("ReplicaSet/web-…", "ReplicaFailure", "True", "FailedCreate"),
            Condition(WEB, "ReplicaFailure", "True", "FailedCreate"),
        ),
        (Allow(),),
        (*RUNS, Lifted(WEB, "ReplicaFailure")),
    ),
    Scenario(
        "node-not-ready",
        Rung.POD,
        "the node is gone, and its pods with it",
        (
            *replace(nodeSelector={"kubernetes.io/hostname": "upstairs"}, tolerations=[BRIEFLY]),
            Until(Condition(POD, "Ready", "True")),
            Silence("upstairs"),
        ),
        (
            Condition(POD, "Ready", "True"),
            Condition(
                "Node/upstairs",
                "Ready",
                "Unknown",
                "NodeStatusUnknown",
                "Kubelet stopped posting node status.",
            ),
            Event("Node/upstairs", "NodeNotReady", "Node upstairs status is now: NodeNotReady", "Normal"),
            Event(POD, "NodeNotReady", "Node is not ready"),
            Event(POD, "TaintManagerEviction", "Marking for deletion Pod ${ns}/web-…", "Normal"),
            Event(POD, "FailedScheduling", "0/3 nodes are available: …node(s) had untolerated taint(s)…"),
        ),
        (Speak("upstairs"),),
        (Condition("Node/upstairs", "Ready", "True", "KubeletReady"), *RUNS),
    ),
)

ROLLOUTS = (
    Scenario(
        "deadline-exceeded",
        Rung.DEPLOYMENT,
        "the rollout does not end",
        (
            *replace(),
            Until(AVAILABLE),
            Apply([deployment(image=f"{REPOSITORY}/app:missing", spec={"progressDeadlineSeconds": 60})]),
        ),
        (
            AVAILABLE,
            Event(WEB, "ScalingReplicaSet", "Scaled up replica set web-… from 0 to 1", "Normal"),
            Condition(
                WEB,
                "Progressing",
                "False",
                "ProgressDeadlineExceeded",
                'ReplicaSet "web-…" has timed out progressing.',
            ),
            Field(WEB, "status.availableReplicas", "1"),
        ),
        replace(),
        (
            Condition(WEB, "Progressing", "True", "NewReplicaSetAvailable"),
            Empty(WEB, "status.unavailableReplicas"),
        ),
    ),
    Scenario(
        "paused-rollout",
        Rung.DEPLOYMENT,
        "the new version is in git and nowhere else",
        (
            Commit({"${ns}/a.yaml": text(deployment(spec={"paused": True}))}),
            Apply([application()]),
        ),
        (Field("Application/${ns}", "status.health.status", "Suspended"),),
        (Commit({"${ns}/a.yaml": text(deployment())}),),
        (AVAILABLE, Field("Application/${ns}", "status.health.status", "Healthy")),
    ),
    Scenario(
        "job-fails",
        Rung.DEPLOYMENT,
        "the migration gave up",
        (Apply([job("migrate", image=f"{REPOSITORY}/app:ends-1", spec={"backoffLimit": 1})]),),
        (
            Event("Job/migrate", "SuccessfulCreate", "Created pod: migrate-…", "Normal"),
            Ended("migrate-…", 1, "Error"),
            Condition("Job/migrate", "FailureTarget", "True", "BackoffLimitExceeded"),
            Event("Job/migrate", "BackoffLimitExceeded", "Job has reached the specified backoff limit"),
        ),
    ),
    Scenario(
        "job-too-slow",
        Rung.DEPLOYMENT,
        "the migration took too long",
        (Apply([job("migrate", spec={"activeDeadlineSeconds": 240})]),),
        (
            Each(
                [
                    Condition(
                        "Job/migrate",
                        "Failed",
                        "True",
                        "DeadlineExceeded",
                        "Job was active longer than specified deadline",
                    ),
                    Event("Pod/migrate-…", "Killing", "Stopping container app", "Normal"),
                ]
            ),
        ),
    ),
    Scenario(
        "schedule-blocked",
        Rung.DEPLOYMENT,
        "the nightly job ran once and never again",
        (Apply([_nightly("1")]),),
        (
            Event("CronJob/nightly", "SuccessfulCreate", "Created job nightly-…", "Normal"),
            Event(
                "CronJob/nightly",
                "JobAlreadyActive",
                "Not starting job because prior execution is running and concurrency policy is Forbid",
                "Normal",
            ),
        ),
        (Apply([_nightly("ends-0", "Replace")]),),
        (
            Event("CronJob/nightly", "SuccessfulDelete", "Deleted job nightly-…", "Normal"),
            Event("CronJob/nightly", "SuccessfulCreate", "Created job nightly-…", "Normal"),
            Event(
                "CronJob/nightly",
                "SawCompletedJob",
                "Saw completed job: nightly-…, condition: Complete",
                "Normal",
            ),
        ),
    ),
)


ALL = (*PLACES, *ROLLOUTS)
