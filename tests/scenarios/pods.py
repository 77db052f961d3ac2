"""What nodes and workload controllers say: pods that do not run, rollouts that do not end."""

from typing import Any

from tests.scenarios.manifests import (
    config_map,
    deployment,
    env_from,
    job,
    named,
    secret,
)
from tests.scenarios.model import (
    Act,
    Apply,
    Condition,
    Each,
    Ended,
    Event,
    Field,
    Rung,
    Scenario,
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
PORT = {"ports": [{"containerPort": 3000}]}


def replace(**rest: Any) -> tuple[Act, ...]:
    return (Apply([deployment(**rest)]),)


def _sidecar(tag: str) -> dict[str, Any]:
    return {"name": "proxy", "image": f"{REPOSITORY}/app:{tag}", "restartPolicy": "Always"}


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
        replace(image=f"{REPOSITORY}/${{ns}}:missing"),
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
        replace(),
        RUNS,
    ),
    Scenario(
        "image-is-no-image",
        Rung.POD,
        "the image name is malformed",
        replace(image="ghcr.io/biz matters/app"),
        (
            Event(POD, "InspectFailed", "Failed to apply default image tag …invalid reference format"),
            Waiting("web-…", "InvalidImageName"),
        ),
        replace(),
        RUNS,
    ),
    Scenario(
        "image-never-pulled",
        Rung.POD,
        "pull policy Never, and the image is not there",
        replace(image=f"{REPOSITORY}/${{ns}}:1", container={"imagePullPolicy": "Never"}),
        (
            Event(
                POD,
                "ErrImageNeverPull",
                f'Container image "{REPOSITORY}/${{ns}}:1" is not present with pull policy of Never',
            ),
            Waiting("web-…", "ErrImageNeverPull"),
        ),
        replace(),
        RUNS,
    ),
    Scenario(
        "no-pull-secret",
        Rung.POD,
        "the pull secret is missing",
        replace(image=f"{REPOSITORY}/${{ns}}:1", imagePullSecrets=[{"name": "ghcr-pull-secret"}]),
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
        replace(**env_from("db")),
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
        replace(**env_from("settings", "configMapRef")),
        (Waiting("web-…", "CreateContainerConfigError", 'configmap "settings" not found'),),
        (Apply([config_map("settings")]),),
        RUNS,
    ),
    Scenario(
        "optional-secret",
        Rung.POD,
        "it runs, without its variables",
        replace(container={"envFrom": [{"secretRef": {"name": "db", "optional": True}}]}),
        RUNS,
    ),
    Scenario(
        "volume-of-no-secret",
        Rung.POD,
        "ContainerCreating for ever",
        replace(
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
        replace(image=f"{REPOSITORY}/app:ends-3"),
        (
            Event(POD, "Started", "Started container app", "Normal"),
            Ended("web-…", 3, "Error"),
            Event(POD, "BackOff", "Back-off restarting failed container app in pod web-…_${ns}(…)"),
            Waiting(
                "web-…", "CrashLoopBackOff", "back-off 20s restarting failed container=app pod=web-…_${ns}(…)"
            ),
        ),
        replace(),
        RUNS,
    ),
    Scenario(
        "out-of-memory",
        Rung.POD,
        "killed, with no word in its log",
        replace(container={**PORT, "resources": {"limits": {"memory": "6Mi"}}}, **REAL),
        (Ended("web-…", 137, "OOMKilled"), Waiting("web-…", "CrashLoopBackOff")),
        replace(),
        RUNS,
    ),
    Scenario(
        "init-container-fails",
        Rung.POD,
        "Init:CrashLoopBackOff",
        replace(initContainers=[{"name": "prepare", "image": f"{REPOSITORY}/app:ends-1"}]),
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
        replace(initContainers=[{"name": "prepare", "image": f"{REPOSITORY}/app:ends-0"}]),
        (Condition(POD, "Initialized", "True"), *RUNS),
    ),
    Scenario(
        "sidecar-crashes",
        Rung.POD,
        "1/2 ready: the service runs, what stands beside it does not",
        replace(initContainers=[_sidecar("ends-1")]),
        (
            Condition(POD, "Initialized", "True"),
            Condition(POD, "Ready", "False", "ContainersNotReady", "containers with unready status: [proxy]"),
            Ended("web-…", 1, "Error"),
            Waiting("web-…", "CrashLoopBackOff", "back-off 10s restarting failed container=proxy pod=…"),
        ),
        (
            *replace(initContainers=[_sidecar("1")]),
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
        replace(**_probed("readinessProbe", "/nowhere")),
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
        replace(),
        RUNS,
    ),
    Scenario(
        "not-alive",
        Rung.POD,
        "it is restarted every minute",
        replace(**_probed("livenessProbe", "/nowhere")),
        (
            Event(POD, "Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 404"),
            Event(POD, "Killing", "Container app failed liveness probe, will be restarted", "Normal"),
            Field(POD, "status.containerStatuses[0].restartCount", "1"),
        ),
        replace(),
        RUNS,
    ),
)


ALL = (*IMAGES, *CONFIGURATION, *RUNNING)
