"""What a pod's status says, from the states of its containers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.clock import rfc3339
from simulator.controllers.conditions import condition, merged
from simulator.controllers.kinds import Object, uid_of

HOST_IP = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Not running now, and why."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """Its process lives."""

    started_at: datetime


@dataclass(frozen=True, slots=True)
class Terminated:
    """Its process ended."""

    exit_code: int
    started_at: datetime
    finished_at: datetime
    container_id: str
    told: str = ""
    """The runtime's reason, where it knows more than the exit code does."""

    @property
    def reason(self) -> str:
        return self.told or ("Completed" if self.exit_code == 0 else "Error")


State = Waiting | Running | Terminated


@dataclass
class Container:
    """One container as the node knows it; changed in place by the task that runs it."""

    name: str
    image: str
    state: State
    last: Terminated | None = None
    restarts: int = 0
    ready: bool = False
    started: bool = False
    container_id: str = ""
    lasts: bool = False
    """Whether it is a sidecar: an init container that runs on beside the main ones."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended, and well."""
        return isinstance(self.state, Terminated) and self.state.exit_code == 0


def pod_status(
    pod: Object, init: Sequence[Container], main: Sequence[Container], now: datetime, ip: str = HOST_IP
) -> Object:
    """The whole status, `ip` being the pod's address; conditions keep their times unless they change."""
    stamp = rfc3339(now)
    old = pod.get("status") or {}
    phase = pod_phase(pod["spec"].get("restartPolicy", "Always"), init, main)
    conditions = merged(old.get("conditions"), _conditions(phase, init, main), stamp)
    status: Object = {
        "phase": phase,
        "conditions": conditions,
        "hostIP": HOST_IP,
        "hostIPs": [{"ip": HOST_IP}],
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": old.get("startTime") or stamp,
        "qosClass": old.get("qosClass") or qos_class(pod),
        "containerStatuses": [_container(c) for c in main],
    }
    if init:
        status["initContainerStatuses"] = [_initial(c) for c in init]
    return status


def pod_phase(policy: str, init: Sequence[Container], main: Sequence[Container]) -> str:
    """Pending, Running, Succeeded or Failed, as the kubelet decides it."""
    if _uninitialised([c for c in init if c.lasts], main):
        return "Pending"
    for container in [c for c in init if not c.lasts]:
        ended = container.state if isinstance(container.state, Terminated) else None
        if ended is None or ended.exit_code != 0:
            return "Failed" if ended and policy == "Never" else "Pending"
    if any(isinstance(c.state, Waiting) and c.last is None for c in main):
        return "Pending"
    codes = [c.state.exit_code for c in main if isinstance(c.state, Terminated)]
    if policy == "Always" or len(codes) < len(main) or (policy == "OnFailure" and any(codes)):
        return "Running"
    if any(c.lasts and isinstance(c.state, Running) for c in init):
        return "Running"
    return "Failed" if any(codes) else "Succeeded"


def _conditions(phase: str, init: Sequence[Container], main: Sequence[Container]) -> list[Object]:
    ended = phase in {"Succeeded", "Failed"}
    done = "PodCompleted" if phase == "Succeeded" else "PodFailed"
    uninitialised = _uninitialised(init, main)
    unready = [c.name for c in (*(one for one in init if one.lasts), *main) if not c.ready]
    if uninitialised:
        text = f"containers with incomplete status: [{' '.join(uninitialised)}]"
        initialised = condition("Initialized", False, "ContainersNotInitialized", text)
    else:
        initialised = condition("Initialized", True, "PodCompleted" if phase == "Succeeded" else "")
    if ended:
        readiness = [condition(kind, False, done) for kind in ("Ready", "ContainersReady")]
    elif unready:
        text = f"containers with unready status: [{' '.join(unready)}]"
        readiness = [
            condition(kind, False, "ContainersNotReady", text) for kind in ("Ready", "ContainersReady")
        ]
    else:
        readiness = [condition(kind, True, "") for kind in ("Ready", "ContainersReady")]
    sandbox = condition("PodReadyToStartContainers", not ended, "")
    return [sandbox, initialised, *readiness, condition("PodScheduled", True, "")]


def _uninitialised(init: Iterable[Container], main: Sequence[Container]) -> list[str]:
    """Which of the init containers are still to be done; a sidecar is once it has started, for good."""
    begun = any(not isinstance(c.state, Waiting) or c.last is not None for c in main)
    return [c.name for c in init if not (c.started or begun if c.lasts else c.succeeded)]


def _initial(container: Container) -> Object:
    """An init container that is done counts as ready."""
    return {
        **_container(container),
        "ready": container.ready or (not container.lasts and container.succeeded),
    }


def _container(container: Container) -> Object:
    status: Object = {
        "name": container.name,
        "image": container.image,
        "imageID": f"{container.image}@rehearsal" if container.container_id else "",
        "state": _state(container.state),
        "lastState": _state(container.last) if container.last else {},
        "ready": container.ready,
        "started": container.started,
        "restartCount": container.restarts,
    }
    if container.container_id:
        status["containerID"] = container.container_id
    return status


def _state(state: State) -> Object:
    if isinstance(state, Waiting):
        text = {"reason": state.reason, "message": state.message}
        return {"waiting": {key: value for key, value in text.items() if value}}
    if isinstance(state, Running):
        return {"running": {"startedAt": rfc3339(state.started_at)}}
    return {
        "terminated": {
            "exitCode": state.exit_code,
            "reason": state.reason,
            "startedAt": rfc3339(state.started_at),
            "finishedAt": rfc3339(state.finished_at),
            "containerID": state.container_id,
        }
    }


def qos_class(pod: Object) -> str:
    """Guaranteed when every container's limits equal its requests, BestEffort when none has any."""
    every = [c.get("resources") or {} for c in _containers(pod)]
    if not any(r.get("requests") or r.get("limits") for r in every):
        return "BestEffort"
    for resources in every:
        limits = resources.get("limits") or {}
        requests = resources.get("requests") or limits
        if {"cpu", "memory"} - limits.keys() or requests != limits:
            return "Burstable"
    return "Guaranteed"


def _containers(pod: Object) -> Iterable[Object]:
    return [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]


def identity(pod: Object) -> str:
    """`name_namespace(uid)`, as the kubelet names a pod in its messages."""
    return f"{pod['metadata']['name']}_{pod['metadata']['namespace']}({uid_of(pod)})"
