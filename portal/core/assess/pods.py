"""Why one pod does not serve: image, configuration, crash, memory, probes, scheduling."""

from portal.core.assess.judgement import Bench, Case, Judgement, sentence, span
from portal.core.assess.secrets import missing_in
from portal.core.chain import HopName
from portal.core.facets import Present
from portal.core.names import connection_secret
from portal.core.objects.meta import condition
from portal.core.objects.plain import Event
from portal.core.objects.pod import Container, Ended, Pod

_IMAGE = {"ImagePullBackOff", "ErrImagePull", "InvalidImageName", "ErrImageNeverPull", "RegistryUnavailable"}
# How the kubelet and containerd wrap it, from the outside in.
_LAYERS = ("ErrImagePull: ", "desc = ", "failed to pull and unpack image ", "failed to resolve reference ")
# A process may take a while to come up; a probe that still fails then is a fault.
_STARTING_SECONDS = 60.0
_UNPLACED_SECONDS = 60.0


def trouble(case: Case, on: Bench, pod: Pod) -> Judgement | None:
    """The first thing that keeps a pod from serving, None when it is ready."""
    if pod.ready:
        return None
    for container in pod.containers:
        found = _waiting(case, on, pod, container) or _crashed(case, on, pod, container)
        if found is not None:
            return found
    if pod.phase == "Failed":
        told = sentence(pod.message) or pod.reason or "no reason given"
        return on.broken(f"pod {pod.meta.name} failed: {told}", _describe(pod))
    if pod.phase == "Pending":
        return _unmounted(case, on, pod) or _pending(case, on, pod)
    if pod.phase == "Running":
        return _unready(case, on, pod)
    return on.progressing(f"pod {pod.meta.name} is {pod.phase or 'not started'}", _describe(pod))


def _waiting(case: Case, on: Bench, pod: Pod, container: Container) -> Judgement | None:
    reason, message = container.waiting_reason, sentence(container.waiting_message)
    if reason in _IMAGE:
        told = sentence(_innermost(container.waiting_message, container.image)) or reason
        cause = f"pod {pod.meta.name} cannot pull image {container.image}: {told}"
        blames = (HopName.PULL_SECRET,) if case.needs.pull_secret else ()
        return on.broken(cause, _describe(pod), blames=blames)
    if reason == "CreateContainerConfigError":
        return _misconfigured(case, on, pod, container)
    if reason == "CrashLoopBackOff":
        return on.broken(_crash(case, pod, container, container.last), _logs(pod, container, previous=True))
    if reason.startswith("Err") or reason.endswith(("Error", "BackOff")):
        return on.broken(f"pod {pod.meta.name}: {reason}: {message}", _describe(pod))
    return None


def _innermost(message: str, image: str) -> str:
    """What the registry said, out of the layers that each name the image again."""
    for layer in _LAYERS:
        message = message.rpartition(layer)[2]
    return message.removeprefix(f'"{image}": ').removeprefix(f"{image}: ")


def _misconfigured(case: Case, on: Bench, pod: Pod, container: Container) -> Judgement:
    message = container.waiting_message
    cause = f"pod {pod.meta.name} cannot start: {sentence(message)}"
    named = next(missing_in(message), None)
    if named is None:
        return on.broken(cause, _describe(pod), blames=(HopName.SECRETS,))
    return on.broken(cause, _describe(pod), blames=_makers(case, named[0]))


def _makers(case: Case, secret: str) -> tuple[HopName, ...]:
    """The hops that answer for a Secret which a pod misses."""
    if case.needs.cache and secret == connection_secret(case.needs.cache):
        return (HopName.CACHE,)
    return (HopName.EXTERNAL_SECRETS, HopName.SECRETS)


def _unmounted(case: Case, on: Bench, pod: Pod) -> Judgement | None:
    """A volume that cannot be mounted keeps a pod in ContainerCreating for ever; only Events say why."""
    event = _newest(case, pod, "FailedMount")
    if event is None:
        return None
    cause = f"pod {pod.meta.name} cannot start: {sentence(event.message)}"
    named = next(missing_in(event.message), None)
    if named is not None:
        return on.broken(cause, _describe(pod), blames=_makers(case, named[0]))
    created = pod.meta.created_at
    late = created is not None and case.now.since(created) > _UNPLACED_SECONDS
    return on.broken(cause, _describe(pod)) if late else on.progressing(cause, _describe(pod))


def _crashed(case: Case, on: Bench, pod: Pod, container: Container) -> Judgement | None:
    """A container that ended, or that came back and is not ready: each restart counts as a crash."""
    if container.init and container.ended is not None and container.ended.exit_code == 0:
        return None
    died = container.ended or (container.last if container.restarts and not container.ready else None)
    if died is None or (
        died.exit_code == 0 and died.reason == "Completed" and pod.restart_policy != "Always"
    ):
        return None
    previous = container.ended is None
    return on.broken(_crash(case, pod, container, died), _logs(pod, container, previous=previous))


def _crash(case: Case, pod: Pod, container: Container, died: Ended | None) -> str:
    if died is None:
        why = "no reason given"
    elif died.reason == "OOMKilled":
        why = "killed for exceeding its memory limit"
    else:
        why = f"exit code {died.exit_code}"
    told = f": {sentence(died.message)}" if died is not None and died.message else ""
    probe = _newest(case, pod, "Unhealthy")
    if not told and probe is not None and probe.message.startswith("Liveness"):
        told = f": {sentence(probe.message)}"
    return f"pod {pod.meta.name} crashes ({why}, {container.restarts} restarts){told}"


def _pending(case: Case, on: Bench, pod: Pod) -> Judgement:
    placed = condition(pod.conditions, "PodScheduled")
    if placed is not None and placed.status == "False":
        since = placed.since if placed.since is not None else pod.meta.created_at
        cause = f"pod {pod.meta.name} cannot be scheduled: {sentence(placed.message) or placed.reason}"
        late = since is not None and case.now.since(since) > _UNPLACED_SECONDS
        return on.broken(cause, _describe(pod)) if late else on.progressing(cause, _describe(pod))
    waiting = next((found.waiting_reason for found in pod.containers if found.waiting_reason), "")
    return on.progressing(
        f"pod {pod.meta.name} is pending{f' ({waiting})' if waiting else ''}", _describe(pod)
    )


def _unready(case: Case, on: Bench, pod: Pod) -> Judgement:
    """Running without being ready: young pods are given time, then the probe's own words are the cause."""
    started = pod.environment_read_at or pod.started_at
    age = case.now.since(started) if started is not None else 0.0
    probe = _newest(case, pod, "Unhealthy")
    if probe is None or age <= _STARTING_SECONDS:
        told = f": {sentence(probe.message)}" if probe is not None else ""
        return on.progressing(f"pod {pod.meta.name} runs and is not ready yet{told}", _describe(pod))
    cause = f"pod {pod.meta.name} runs for {span(age)} and is not ready: {sentence(probe.message)}"
    return on.broken(cause, f"kubectl -n {pod.meta.namespace} logs {pod.meta.name}")


def _newest(case: Case, pod: Pod, reason: str) -> Event | None:
    """The last Event of that reason about a pod."""
    facet = case.seen.events
    rows = facet.value if isinstance(facet, Present) else ()
    about = [row for row in rows if row.reason == reason and row.about_name == pod.meta.name]
    return max(about, key=lambda row: row.last_at or 0.0, default=None)


def _describe(pod: Pod) -> str:
    return f"kubectl -n {pod.meta.namespace} describe pod {pod.meta.name}"


def _logs(pod: Pod, container: Container, *, previous: bool) -> str:
    earlier = " --previous" if previous else ""
    return f"kubectl -n {pod.meta.namespace} logs {pod.meta.name} -c {container.name}{earlier}"
