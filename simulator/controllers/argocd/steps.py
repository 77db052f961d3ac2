"""The next step of a sync, decided from its tasks alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulator.controllers.argocd import waves
from simulator.controllers.argocd.health import health
from simulator.controllers.argocd.healthwords import DEGRADED, HEALTHY, PROGRESSING, Health, condition
from simulator.controllers.argocd.tasks import FAILED, PRUNED, RUNNING, SUCCEEDED, Result, Task
from simulator.controllers.kinds import Object


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before something changes."""

    message: str


@dataclass(frozen=True, slots=True)
class Apply:
    """Do these tasks, all of one phase and wave; when they are the last, a success ends the sync."""

    tasks: Sequence[Task]
    last: bool


@dataclass(frozen=True, slots=True)
class Done:
    """The sync has ended."""

    phase: str
    message: str


Step = Wait | Apply | Done


def refresh(task: Task) -> Result | None:
    """The result of a task after a look at its live object; unchanged unless it was running."""
    result = task.result
    if result is None or not task.running:
        return result
    if task.hook:
        return _hook_result(task, result)
    return _applied_result(task, result)


def _leaving(task: Task) -> bool:
    pruned = task.result is not None and task.result.status == PRUNED
    return pruned and task.live is not None and "deletionTimestamp" in task.live["metadata"]


def _applied_result(task: Task, result: Result) -> Result:
    found = health(task.live) if task.live is not None else Health(PROGRESSING)
    if found is None or found.status == HEALTHY:
        return replace(result, phase=SUCCEEDED)
    if found.status == DEGRADED:
        return replace(result, phase=FAILED, message=found.message)
    return result


def _hook_result(task: Task, result: Result) -> Result:
    if task.live is None:
        return replace(result, phase=FAILED, message="the hook was deleted before it completed")
    phase, message = hook_phase(task.live)
    return replace(result, phase=phase, message=message or result.message)


def hook_phase(live: Object) -> tuple[str, str]:
    """How far a hook has come, and what it says."""
    if live["kind"] == "Job":
        for kind, phase in (("Failed", FAILED), ("Complete", SUCCEEDED)):
            entry = condition(live, kind)
            if entry.get("status") == "True":
                return phase, str(entry.get("message", ""))
        return RUNNING, ""
    if live["kind"] == "Pod":
        pod = str((live.get("status") or {}).get("phase"))
        return {"Succeeded": SUCCEEDED, "Failed": FAILED}.get(pod, RUNNING), ""
    found = health(live)
    if found is None or found.status == HEALTHY:
        return SUCCEEDED, found.message if found else ""
    return (FAILED if found.status == DEGRADED else RUNNING), found.message


def decide(tasks: Sequence[Task], *, confirmed: bool = False) -> Step:
    """What to do next; `tasks` are all of the sync, in order, with their results refreshed.

    `confirmed` says that a person agreed to prune what asks for that.
    """
    regular = [task for task in tasks if task.phase != waves.SYNC_FAIL]
    failed = [task for task in regular if task.failed]
    if failed and any(task.result and not task.running for task in tasks if task.phase == waves.SYNC_FAIL):
        return after_failure(tasks, "one or more synchronization tasks completed unsuccessfully")
    multi_step = len({(task.phase, task.wave) for task in tasks}) > 1
    running = [task for task in tasks if task.running and (multi_step or task.hook)]
    leaving = [task for task in tasks if _leaving(task)]
    if running or leaving:
        return Wait(waiting(running or leaving))
    if failed:
        return after_failure(tasks, "one or more synchronization tasks completed unsuccessfully")
    pending = [task for task in regular if task.pending]
    if not pending:
        return Done(SUCCEEDED, "successfully synced (no more tasks)")
    step = pending[0].phase, pending[0].wave
    now = [task for task in pending if (task.phase, task.wave) == step]
    asking = [task for task in now if task.prune and waves.CONFIRM_PRUNE in waves.sync_options(task.object)]
    if asking and not confirmed:
        return Wait(_unconfirmed(asking))
    last = len(now) == len(pending) and not any(task.hook for task in now)
    return Apply(now, last)


def after_failure(tasks: Sequence[Task], message: str) -> Step:
    """Run the SyncFail hooks, then end the sync with the reasons of what failed."""
    fallback = [task for task in tasks if task.phase == waves.SYNC_FAIL]
    pending = [task for task in fallback if task.pending]
    if pending:
        return Apply(pending, last=False)
    running = [task for task in fallback if task.running]
    if running:
        return Wait(waiting(running))
    failed = [task for task in tasks if task.failed]
    reasons = dict.fromkeys(task.result.message for task in failed if task.result and task.result.message)
    return Done(FAILED, f"{message}, reason: {','.join(reasons)}" if reasons else message)


def waiting(tasks: Sequence[Task]) -> str:
    """`waiting for healthy state of apps/Deployment/x and 2 more resources`."""
    first = tasks[0]
    what, more = _wanted(first)
    others = len(tasks) - 1
    return f"waiting for {what} {first.ref}" + (f" and {others} more {more}" if others else "")


def _unconfirmed(tasks: Sequence[Task]) -> str:
    first, others = tasks[0], len(tasks) - 1
    named = f"{first.object['apiVersion']}/{first.ref.kind}/{first.ref.name}"
    return f"waiting for pruning confirmation of {named}" + (
        f" and {others} more resources" if others else ""
    )


def _wanted(task: Task) -> tuple[str, str]:
    if task.result is not None and task.result.status == PRUNED:
        return "deletion of", "resources"
    if task.hook:
        return "completion of hook", "hooks"
    return "healthy state of", "resources"


def hooks_to_delete(tasks: Sequence[Task], phase: str) -> list[Task]:
    """The hooks whose delete policy has come to pass with the end of the sync."""
    policy = waves.SUCCEEDED if phase == SUCCEEDED else waves.FAILED
    return [
        task
        for task in tasks
        if task.hook and task.live is not None and policy in waves.delete_policies(task.object)
    ]
