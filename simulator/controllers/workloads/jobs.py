"""Jobs: run pods until enough succeeded or too many failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.clock import Clock, rfc3339
from simulator.controllers import times
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true, merged
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import JOB, POD, Object, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import pods

DEFAULT_BACKOFF_LIMIT = 6
FIRST_BACKOFF, LAST_BACKOFF = 10.0, 360.0
UID, NAME = "batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"


@dataclass(frozen=True, slots=True)
class Plan:
    """How many pods to start, whether to end the running ones, the verdict, and when to look again."""

    create: int = 0
    end_active: bool = False
    verdict: Object | None = None
    look_after: float | None = None


def plan(job: Object, own: Sequence[Object], now: datetime) -> Plan:
    """The next step of one Job."""
    if done(job):
        return Plan(look_after=_time_to_live(job, now))
    left = _deadline(job, now)
    verdict = _verdict(job, own, left)
    if verdict is not None:
        return Plan(end_active=verdict["type"] == "Failed", verdict=verdict)
    if job["spec"].get("suspend"):
        return Plan(end_active=True)
    missing = _missing(job, own)
    wait = _backoff(own, now) if missing > 0 else 0.0
    waits = [seconds for seconds in (wait or None, left) if seconds is not None]
    soonest = min(waits, default=None)
    return Plan(create=0 if wait > 0 else max(0, missing), look_after=soonest)


def _completions(job: Object) -> int | None:
    """How many pods have to succeed; None when any success of a work queue is enough."""
    spec = job["spec"]
    wanted = spec.get("completions", 1 if spec.get("parallelism", 1) == 1 else None)
    return None if wanted is None else int(wanted)


def _verdict(job: Object, own: Sequence[Object], left: float | None) -> Object | None:
    wanted = _completions(job)
    succeeded = sum(pods.phase(p) == "Succeeded" for p in own)
    enough = succeeded >= wanted if wanted is not None else succeeded > 0 and not pods.active(own)
    if enough:
        return condition("Complete", True, "CompletionsReached", _REACHED)
    if _failures(own) > int(job["spec"].get("backoffLimit", DEFAULT_BACKOFF_LIMIT)):
        text = "Job has reached the specified backoff limit"
        return condition("Failed", True, "BackoffLimitExceeded", text)
    if left is not None and left <= 0:
        text = "Job was active longer than specified deadline"
        return condition("Failed", True, "DeadlineExceeded", text)
    return None


def _missing(job: Object, own: Sequence[Object]) -> int:
    wanted = _completions(job)
    succeeded = sum(pods.phase(p) == "Succeeded" for p in own)
    parallel = int(job["spec"].get("parallelism", 1))
    if wanted is None:
        return 0 if succeeded else parallel - len(pods.active(own))
    return min(parallel, wanted - succeeded) - len(pods.active(own))


_REACHED = "Reached expected number of succeeded pods"


def done(job: Object) -> bool:
    return is_true(job, "Complete") or is_true(job, "Failed")


def _failures(own: Sequence[Object]) -> int:
    """Failed pods, and the restarts of those that are restarted in place."""
    failed = sum(pods.phase(p) == "Failed" for p in own)
    for pod in own:
        if pod["spec"].get("restartPolicy") == "OnFailure":
            statuses = (pod.get("status") or {}).get("containerStatuses") or ()
            failed += sum(int(s.get("restartCount", 0)) for s in statuses)
    return failed


def _backoff(own: Sequence[Object], now: datetime) -> float:
    failed = [p for p in own if pods.phase(p) == "Failed"]
    ends = [end for p in failed if (end := _finished_at(p)) is not None]
    if not ends:
        return 0.0
    delay: float = min(LAST_BACKOFF, FIRST_BACKOFF * 2 ** (len(failed) - 1))
    return max(0.0, delay - (now - max(ends)).total_seconds())


def _finished_at(pod: Object) -> datetime | None:
    ends = [
        times.moment(state["terminated"].get("finishedAt"))
        for status in (pod.get("status") or {}).get("containerStatuses") or ()
        if "terminated" in (state := status.get("state") or {})
    ]
    return max((end for end in ends if end is not None), default=None)


def _deadline(job: Object, now: datetime) -> float | None:
    seconds = job["spec"].get("activeDeadlineSeconds")
    started = times.moment((job.get("status") or {}).get("startTime"))
    if seconds is None:
        return None
    return float(seconds - (now - started).total_seconds() if started else seconds)


def _time_to_live(job: Object, now: datetime) -> float | None:
    seconds = job["spec"].get("ttlSecondsAfterFinished")
    if seconds is None:
        return None
    ends = [
        c.get("lastTransitionTime")
        for c in job["status"]["conditions"]
        if c["type"] in {"Complete", "Failed"}
    ]
    ended = times.moment(ends[0]) if ends else None
    return max(0.0, seconds - (now - ended).total_seconds()) if ended else float(seconds)


def status(job: Object, own: Sequence[Object], verdict: Object | None, stamp: str) -> Object:
    """The Job's status after a step."""
    old = job.get("status") or {}
    running = pods.active(own)
    fresh: Object = {
        "startTime": old.get("startTime") or stamp,
        "active": 0 if verdict else len(running),
        "ready": 0 if verdict else sum(map(pods.ready, running)),
        "succeeded": sum(pods.phase(p) == "Succeeded" for p in own),
        "failed": sum(pods.phase(p) == "Failed" for p in own) + (len(running) if verdict else 0),
        "terminating": sum(pods.deleting(p) and not pods.finished(p) for p in own),
        "conditions": old.get("conditions") or [],
    }
    if verdict:
        complete = verdict["type"] == "Complete"
        kind = "SuccessCriteriaMet" if complete else "FailureTarget"
        marks = [{**verdict, "type": kind}, verdict]
        fresh["conditions"] = merged(
            fresh["conditions"], ({"lastProbeTime": stamp, **c} for c in marks), stamp
        )
        if complete:
            fresh["completionTime"] = stamp
    return fresh


def pod_for(job: Object) -> Object:
    """One more pod of the Job."""
    marks = {UID: uid_of(job), NAME: name_of(job), "controller-uid": uid_of(job), "job-name": name_of(job)}
    return pods.from_template(job["spec"]["template"], job, marks)


@dataclass(frozen=True, slots=True)
class Jobs:
    """Reconciles every Job."""

    api: Api
    clock: Clock
    recorder: Recorder
    jobs: Informer
    pods: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one Job."""
        job = self.jobs.get(key[1], key[0])
        if job is None or pods.deleting(job):
            return None
        own = self._own(job)
        now = self.clock.now()
        step = plan(job, own, now)
        if done(job):
            if step.look_after == 0:
                await self.api.delete(JOB, key[1], key[0], propagation="Background", uid=uid_of(job))
            return step.look_after
        for _ in range(step.create):
            created = self.pods.take_note(await self.api.create(POD, pod_for(job)))
            await self.recorder.event(job, NORMAL, "SuccessfulCreate", f"Created pod: {name_of(created)}")
        fresh = status(job, self._own(job), step.verdict, rfc3339(now))
        if step.end_active:
            await self._end(pods.active(own))
        if not pods.reports(job, fresh):
            self.jobs.take_note(await self.api.patch_status(JOB, key[1], fresh, key[0]))
        if step.verdict is not None:
            await self._announce(job, step.verdict)
        return step.look_after

    def _own(self, job: Object) -> list[Object]:
        return pods.owned(self.pods.of(namespace_of(job)), job)

    async def _end(self, running: Sequence[Object]) -> None:
        for pod in running:
            try:
                gone = await self.api.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
                self.pods.take_note(gone)
            except NotFound:
                continue

    async def _announce(self, job: Object, verdict: Object) -> None:
        if verdict["type"] == "Complete":
            await self.recorder.event(job, NORMAL, "Completed", "Job completed")
        else:
            await self.recorder.event(job, WARNING, verdict["reason"], verdict["message"])
