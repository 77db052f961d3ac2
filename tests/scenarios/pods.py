"""What nodes and workload controllers say: pods that do not run, rollouts that do not end."""

from typing import Any

from tests.scenarios.manifests import (
    application,
    config_map,
    deployment,
    env_from,
    job,
    named,
    pod_spec,
    secret,
    text,
)
from tests.scenarios.model import (
    Act,
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
    Waiting,
)

WEB, POD = "Deployment/web", "Pod/web-…"
AVAILABLE = Condition(
    WEB, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability."
)
RUNS = (Condition(POD, "Ready", "True"), AVAILABLE)
REPOSITORY = "ghcr.io/bizmatters"
PULL_SECRET = named(
    "Secret",
    "v1",
    "ghcr-pull-secret",
    type="kubernetes.io/dockerconfigjson",
    stringData={".dockerconfigjson": '{"auths":{"ghcr.io":{"username":"bot","password":"word"}}}'},
)
REAL = {"nodeSelector": {"kubernetes.io/hostname": "workshop"}}
"""Where containers are processes, which can be asked and can run out of memory."""
BRIEFLY = {
    "key": "node.kubernetes.io/unreachable",
    "operator": "Exists",
    "effect": "NoExecute",
    "tolerationSeconds": 30,
}
PORT = {"ports": [{"containerPort": 3000}]}


def _replace(**rest: Any) -> tuple[Act, ...]:
    return (Apply([deployment(**rest)]),)


def _sidecar(tag: str) -> dict[str, Any]:
    return {"name": "proxy", "image": f"{REPOSITORY}/app:{tag}", "restartPolicy": "Always"}


def _nightly(tag: str, policy: str = "Forbid") -> Manifest:
    """Every minute, so that nobody waits for the night."""
    pods = {"restartPolicy": "Never", **pod_spec(f"{REPOSITORY}/app:{tag}")}
    job_template = {"spec": {"template": {"spec": pods}}}
    spec = {"schedule": "*/1 * * * *", "concurrencyPolicy": policy, "jobTemplate": job_template}
    return named("CronJob", "batch/v1", "nightly", spec=spec)


def _probed(kind: str, path: str) -> dict[str, Any]:
    probe = {
        "httpGet": {"path": path, "port": 3000},
        "periodSeconds": 20,
        "timeoutSeconds": 5,
        "failureThreshold": 2,
    }
    return {"container": {**PORT, kind: probe}, **REAL}


IMAGES = (
    Scenario(
        "image-not-found",
        Rung.POD,
        "the tag was never pushed",
        _replace(image=f"{REPOSITORY}/${{ns}}:missing"),
        (
            Event(POD, "Scheduled", "Successfully assigned ${ns}/web-… to rehearsal", "Normal"),
            Event(POD, "Pulling", f'Pulling image "{REPOSITORY}/${{ns}}:missing"', "Normal"),
            Event(
                POD,
                "Failed",
                f'Failed to pull image "{REPOSITORY}/${{ns}}:missing": rpc error: code = NotFound desc = …not found',
            ),
            Event(POD, "Failed", "Error: ErrImagePull"),
            Event(POD, "BackOff", f'Back-off pulling image "{REPOSITORY}/${{ns}}:missing"', "Normal"),
            Event(POD, "Failed", "Error: ImagePullBackOff"),
            Waiting(
                "web-…",
                "ImagePullBackOff",
                f'Back-off pulling image "{REPOSITORY}/${{ns}}:missing": ErrImagePull: …',
            ),
        ),
        _replace(),
        RUNS,
    ),
    Scenario(
        "image-is-no-image",
        Rung.POD,
        "the image name is malformed",
        _replace(image="ghcr.io/Biz Matters/app"),
        (
            Event(POD, "InspectFailed", "Failed to apply default image tag …invalid reference format"),
            Waiting("web-…", "InvalidImageName"),
        ),
        _replace(),
        RUNS,
    ),
    Scenario(
        "image-never-pulled",
        Rung.POD,
        "pull policy Never, and the image is not there",
        _replace(image=f"{REPOSITORY}/${{ns}}:1", container={"imagePullPolicy": "Never"}),
        (
            Event(
                POD,
                "ErrImageNeverPull",
                f'Container image "{REPOSITORY}/${{ns}}:1" is not present with pull policy of Never',
            ),
            Waiting("web-…", "ErrImageNeverPull"),
        ),
        _replace(),
        RUNS,
    ),
    Scenario(
        "no-pull-secret",
        Rung.POD,
        "the pull secret is missing",
        _replace(image=f"{REPOSITORY}/${{ns}}:1", imagePullSecrets=[{"name": "ghcr-pull-secret"}]),
        (
            Event(
                POD,
                "FailedToRetrieveImagePullSecret",
                "Unable to retrieve some image pull secrets (ghcr-pull-secret); attempting to pull the image may not succeed.",
            ),
            Event(
                POD,
                "Failed",
                f'Failed to pull image "{REPOSITORY}/${{ns}}:1": rpc error: code = Unknown desc = …: 401 Unauthorized',
            ),
            Waiting("web-…", "ErrImagePull", "…: 401 Unauthorized"),
            Waiting("web-…", "ImagePullBackOff"),
        ),
        (Apply([PULL_SECRET]),),
        RUNS,
    ),
)

CONFIGURATION = (
    Scenario(
        "secret-names-nothing",
        Rung.POD,
        "envFrom names a Secret that is not there",
        _replace(**env_from("db")),
        (
            Waiting("web-…", "CreateContainerConfigError", 'secret "db" not found'),
            Event(POD, "Failed", 'Error: secret "db" not found'),
        ),
        (Apply([secret("db", A="1")]),),
        (
            Event(POD, "Created", "Created container app", "Normal"),
            Event(POD, "Started", "Started container app", "Normal"),
            *RUNS,
        ),
    ),
    Scenario(
        "secret-without-key",
        Rung.POD,
        "the Secret is there, its key is not",
        (
            Apply(
                [
                    secret("db", A="1"),
                    deployment(
                        container={
                            "env": [
                                {"name": "U", "valueFrom": {"secretKeyRef": {"name": "db", "key": "URL"}}}
                            ]
                        }
                    ),
                ]
            ),
        ),
        (Waiting("web-…", "CreateContainerConfigError", "couldn't find key URL in Secret ${ns}/db"),),
        (Apply([secret("db", A="1", URL="x")]),),
        RUNS,
    ),
    Scenario(
        "config-map-names-nothing",
        Rung.POD,
        "envFrom names a ConfigMap that is not there",
        _replace(**env_from("settings", "configMapRef")),
        (Waiting("web-…", "CreateContainerConfigError", 'configmap "settings" not found'),),
        (Apply([config_map("settings")]),),
        RUNS,
    ),
    Scenario(
        "optional-secret",
        Rung.POD,
        "it runs, without its variables",
        _replace(container={"envFrom": [{"secretRef": {"name": "db", "optional": True}}]}),
        RUNS,
    ),
    Scenario(
        "volume-of-no-secret",
        Rung.POD,
        "ContainerCreating for ever",
        _replace(
            container={"volumeMounts": [{"name": "keys", "mountPath": "/keys"}]},
            volumes=[{"name": "keys", "secret": {"secretName": "jwt"}}],
        ),
        (
            Each(
                [
                    Waiting("web-…", "ContainerCreating"),
                    Event(
                        POD,
                        "FailedMount",
                        'MountVolume.SetUp failed for volume "keys" : secret "jwt" not found',
                    ),
                ]
            ),
        ),
        (Apply([secret("jwt", KEY="1")]),),
        RUNS,
    ),
    Scenario(
        "volume-of-no-key",
        Rung.POD,
        "the ConfigMap lacks the file that is mounted",
        (
            Apply(
                [
                    config_map("settings"),
                    deployment(
                        container={"volumeMounts": [{"name": "conf", "mountPath": "/conf"}]},
                        volumes=[
                            {
                                "name": "conf",
                                "configMap": {"name": "settings", "items": [{"key": "b", "path": "b"}]},
                            }
                        ],
                    ),
                ]
            ),
        ),
        (
            Event(
                POD,
                "FailedMount",
                'MountVolume.SetUp failed for volume "conf" : references non-existent config key: b',
            ),
        ),
        (Apply([config_map("settings", b="1")]),),
        RUNS,
    ),
)

RUNNING = (
    Scenario(
        "crash-loop",
        Rung.POD,
        "it starts and dies, again and again",
        _replace(image=f"{REPOSITORY}/app:ends-3"),
        (
            Event(POD, "Started", "Started container app", "Normal"),
            Ended("web-…", 3, "Error"),
            Event(POD, "BackOff", "Back-off restarting failed container app in pod web-…_${ns}(…)"),
            Waiting(
                "web-…", "CrashLoopBackOff", "back-off 20s restarting failed container=app pod=web-…_${ns}(…)"
            ),
        ),
        _replace(),
        RUNS,
    ),
    Scenario(
        "out-of-memory",
        Rung.POD,
        "killed, with no word in its log",
        _replace(container={**PORT, "resources": {"limits": {"memory": "6Mi"}}}, **REAL),
        (Ended("web-…", 137, "OOMKilled"), Waiting("web-…", "CrashLoopBackOff")),
        _replace(),
        RUNS,
    ),
    Scenario(
        "init-container-fails",
        Rung.POD,
        "Init:CrashLoopBackOff",
        _replace(initContainers=[{"name": "prepare", "image": f"{REPOSITORY}/app:ends-1"}]),
        (
            Condition(
                POD,
                "Initialized",
                "False",
                "ContainersNotInitialized",
                "containers with incomplete status: [prepare]",
            ),
            Ended("web-…", 1, "Error"),
            Waiting("web-…", "CrashLoopBackOff", "back-off 10s restarting failed container=prepare pod=…"),
        ),
        _replace(initContainers=[{"name": "prepare", "image": f"{REPOSITORY}/app:ends-0"}]),
        (Condition(POD, "Initialized", "True"), *RUNS),
    ),
    Scenario(
        "sidecar-crashes",
        Rung.POD,
        "1/2 ready: the service runs, what stands beside it does not",
        _replace(initContainers=[_sidecar("ends-1")]),
        (
            Condition(POD, "Initialized", "True"),
            Condition(POD, "Ready", "False", "ContainersNotReady", "containers with unready status: [proxy]"),
            Ended("web-…", 1, "Error"),
            Waiting("web-…", "CrashLoopBackOff", "back-off 10s restarting failed container=proxy pod=…"),
        ),
        (
            *_replace(initContainers=[_sidecar("1")]),
            Apply([job("migrate", image=f"{REPOSITORY}/app:ends-0", initContainers=[_sidecar("1")])]),
        ),
        (
            *RUNS,
            Event("Pod/migrate-…", "Started", "Started container proxy", "Normal"),
            Event("Pod/migrate-…", "Started", "Started container app", "Normal"),
            Condition("Job/migrate", "Complete", "True", "CompletionsReached"),
        ),
    ),
    Scenario(
        "never-ready",
        Rung.POD,
        "it runs, and nobody may talk to it",
        _replace(**_probed("readinessProbe", "/nowhere")),
        (
            Condition(POD, "Ready", "False", "ContainersNotReady", "containers with unready status: [app]"),
            Event(POD, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 404"),
            Condition(
                WEB,
                "Available",
                "False",
                "MinimumReplicasUnavailable",
                "Deployment does not have minimum availability.",
            ),
        ),
        _replace(),
        RUNS,
    ),
    Scenario(
        "not-alive",
        Rung.POD,
        "it is restarted every minute",
        _replace(**_probed("livenessProbe", "/nowhere")),
        (
            Event(POD, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"),
            Event(POD, "Killing", "Container app failed liveness probe, will be restarted", "Normal"),
            Field(POD, "status.containerStatuses[0].restartCount", "1"),
        ),
        _replace(),
        RUNS,
    ),
)

PLACES = (
    Scenario(
        "no-fitting-node",
        Rung.POD,
        "Pending: no node is like that",
        _replace(nodeSelector={"disk": "fast"}),
        (
            Event(
                POD,
                "FailedScheduling",
                "0/3 nodes are available: …node(s) didn't match Pod's node affinity/selector…",
            ),
            Condition(POD, "PodScheduled", "False", "Unschedulable"),
        ),
        _replace(),
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
        (Deny("workloads", "pods"), *_replace()),
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
            *_replace(nodeSelector={"kubernetes.io/hostname": "upstairs"}, tolerations=[BRIEFLY]),
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
            *_replace(),
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
        _replace(),
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

ALL = (*IMAGES, *CONFIGURATION, *RUNNING, *PLACES, *ROLLOUTS)
