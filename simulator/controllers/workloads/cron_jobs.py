"""CronJobs: a Job at each time of the schedule, by the concurrency policy, and only the last few kept."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from simulator.clock import Clock, rfc3339
from simulator.controllers import times
from simulator.controllers.api import Api
from simulator.controllers.conditions import is_true
from simulator.controllers.errors import AlreadyExists, NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import CRON_JOB, JOB, Object, name_of, namespace_of, uid_of
from simulator.controllers.reconciling import owner_reference
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import jobs, pods
from simulator.controllers.workloads.cron import BadSchedule, Schedule

SCHEDULED = "batch.kubernetes.io/cronjob-scheduled-timestamp"
_TOO_MANY = 100
"""Missed times beyond which nothing is made up for, as in Kubernetes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The time a Job is due for, Jobs to delete, what is to be told, and when to look again."""

    start: datetime | None = None
    remove: list[Object] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    look_after: float | None = None


def plan(cron_job: Object, own: Sequence[Object], now: datetime) -> Plan:
    """One pass; raises BadSchedule."""
    spec = cron_job["spec"]
    schedule = Schedule.parse(spec["schedule"], spec.get("timeZone") or "UTC")
    remove = _history(cron_job, own)
    if spec.get("suspend"):
        return Plan(remove=remove)
    due = _due(cron_job, schedule, now)
    following = schedule.after(now)
    look = (following - now).total_seconds() if following else None
    if due is None:
        return Plan(remove=remove, look_after=look)
    deadline = spec.get("startingDeadlineSeconds")
    if deadline is not None and (now - due).total_seconds() > deadline:
        text = f"Missed scheduled time to start a job: {due:%a, %d %b %Y %H:%M:%S} +0000"
        return Plan(remove=remove, events=[(WARNING, "MissSchedule", text)], look_after=look)
    running = [job for job in own if not jobs.done(job)]
    policy = spec.get("concurrencyPolicy", "Allow")
    if running and policy == "Forbid":
        text = "Not starting job because prior execution is running and concurrency policy is Forbid"
        return Plan(remove=remove, events=[(NORMAL, "JobAlreadyActive", text)], look_after=look)
    if policy == "Replace":
        remove += [job for job in running if job not in remove]
    return Plan(start=due, remove=remove, look_after=look)


def _due(cron_job: Object, schedule: Schedule, now: datetime) -> datetime | None:
    """The latest time of the schedule that has come and was not started yet."""
    status = cron_job.get("status") or {}
    since = times.moment(status.get("lastScheduleTime")) or times.moment(
        cron_job["metadata"].get("creationTimestamp")
    )
    latest, at = None, schedule.after(since or now)
    for _ in range(_TOO_MANY):
        if at is None or at > now:
            break
        latest, at = at, schedule.after(at)
    return latest


def _history(cron_job: Object, own: Sequence[Object]) -> list[Object]:
    spec = cron_job["spec"]
    gone: list[Object] = []
    for kind, limit in (
        ("Complete", spec.get("successfulJobsHistoryLimit", 3)),
        ("Failed", spec.get("failedJobsHistoryLimit", 1)),
    ):
        ended = sorted((job for job in own if is_true(job, kind)), key=_started)
        gone += ended[: max(0, len(ended) - int(limit))]
    return gone


def _started(job: Object) -> str:
    return str((job.get("status") or {}).get("startTime", ""))


def job_for(cron_job: Object, due: datetime) -> Object:
    """The Job of one time; its name is the same however often it is made."""
    template = cron_job["spec"]["jobTemplate"]
    metadata = template.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), SCHEDULED: rfc3339(due)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name_of(cron_job)}-{int(due.timestamp()) // 60}",
            "namespace": namespace_of(cron_job),
            "labels": metadata.get("labels") or {},
            "annotations": annotations,
            "ownerReferences": [owner_reference(cron_job)],
        },
        "spec": deepcopy(template["spec"]),
    }


def status(cron_job: Object, own: Sequence[Object], started: datetime | None) -> Object:
    """The CronJob's status after a pass."""
    old = cron_job.get("status") or {}
    fresh: Object = {"active": [_reference(job) for job in own if not jobs.done(job)]}
    ends = [str((job.get("status") or {}).get("completionTime") or "") for job in own]
    for name, value in (
        ("lastScheduleTime", rfc3339(started) if started else old.get("lastScheduleTime")),
        ("lastSuccessfulTime", max([*ends, str(old.get("lastSuccessfulTime") or "")], default="")),
    ):
        if value:
            fresh[name] = value
    return fresh


def _reference(job: Object) -> Object:
    named = {"apiVersion": "batch/v1", "kind": "Job", "name": name_of(job)}
    return {**named, "namespace": namespace_of(job), "uid": uid_of(job)}


@dataclass(frozen=True, slots=True)
class CronJobs:
    """Reconciles every CronJob."""

    api: Api
    clock: Clock
    recorder: Recorder
    cron_jobs: Informer
    jobs: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one CronJob."""
        cron_job = self.cron_jobs.get(key[1], key[0])
        if cron_job is None or pods.deleting(cron_job):
            return None
        own = pods.owned(self.jobs.of(key[0]), cron_job)
        await self._tell_of_ends(cron_job, own)
        try:
            step = plan(cron_job, own, self.clock.now())
        except BadSchedule as error:
            text = f"unparseable schedule: {cron_job['spec']['schedule']} : {error}"
            await self.recorder.event(cron_job, WARNING, "UnparseableSchedule", text)
            return None
        for kind, reason, message in step.events:
            await self.recorder.event(cron_job, kind, reason, message)
        await self._carry_out(cron_job, step)
        fresh = status(cron_job, pods.owned(self.jobs.of(key[0]), cron_job), step.start)
        if fresh != (cron_job.get("status") or {}):
            self.cron_jobs.take_note(await self.api.patch_status(CRON_JOB, key[1], fresh, key[0]))
        return step.look_after

    async def _tell_of_ends(self, cron_job: Object, own: Sequence[Object]) -> None:
        """Of Jobs that were running when they were last looked at."""
        active = {each["uid"] for each in (cron_job.get("status") or {}).get("active") or ()}
        for job in own:
            if uid_of(job) in active and jobs.done(job):
                how = "Complete" if is_true(job, "Complete") else "Failed"
                text = f"Saw completed job: {name_of(job)}, condition: {how}"
                await self.recorder.event(cron_job, NORMAL, "SawCompletedJob", text)

    async def _carry_out(self, cron_job: Object, step: Plan) -> None:
        for job in step.remove:
            try:
                gone = await self.api.delete(
                    JOB, name_of(job), namespace_of(job), propagation="Background", uid=uid_of(job)
                )
            except NotFound:
                continue
            self.jobs.take_note(gone)
            await self.recorder.event(cron_job, NORMAL, "SuccessfulDelete", f"Deleted job {name_of(job)}")
        if step.start is None:
            return
        wanted = job_for(cron_job, step.start)
        try:
            self.jobs.take_note(await self.api.create(JOB, wanted))
        except AlreadyExists:
            return
        await self.recorder.event(cron_job, NORMAL, "SuccessfulCreate", f"Created job {name_of(wanted)}")
