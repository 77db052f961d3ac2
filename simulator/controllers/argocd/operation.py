"""Carrying out `operation`: one step of a sync at a time, its progress kept in status.operationState."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from simulator.clock import Clock, rfc3339
from simulator.controllers.argocd import waves
from simulator.controllers.argocd.applying import Hands, unserved
from simulator.controllers.argocd.cluster import Cluster
from simulator.controllers.argocd.durations import kitchen, later, moment, retries_left, retry_delay
from simulator.controllers.argocd.identity import Ref, version_name
from simulator.controllers.argocd.ignoring import respected
from simulator.controllers.argocd.loading import Loaded, Loader, LoadFailed
from simulator.controllers.argocd.observing import Observer
from simulator.controllers.argocd.options import Options
from simulator.controllers.argocd.project import refusal
from simulator.controllers.argocd.state import applies
from simulator.controllers.argocd.steps import (
    Apply,
    Done,
    Step,
    Wait,
    after_failure,
    decide,
    hooks_to_delete,
    waiting,
)
from simulator.controllers.argocd.steps import refresh as refreshed
from simulator.controllers.argocd.targets import kind_name, named
from simulator.controllers.argocd.tasks import (
    ERROR,
    FAILED,
    RUNNING,
    SUCCEEDED,
    SYNC_FAILED,
    TERMINATING,
    Result,
    Task,
    entry_of,
    plan,
    result_of,
)
from simulator.controllers.kinds import Object, annotations_of, name_of


@dataclass(frozen=True, slots=True)
class Progress:
    """The operation's state after a step, and the seconds until the next; None waits for a change."""

    state: Object
    finished: bool = False
    again: float | None = None


class Syncs:
    """Advances operations. What it remembers itself is only how long to pause after a wave."""

    def __init__(
        self,
        clock: Clock,
        loader: Loader,
        cluster: Cluster,
        hands: Hands,
        *,
        observer: Observer,
        wave_delay: float,
    ) -> None:
        self._clock = clock
        self._loader = loader
        self._cluster = cluster
        self._hands = hands
        self._observer = observer
        self._wave_delay = wave_delay
        self._pauses: dict[str, float] = {}

    async def advance(self, app: Object) -> Progress:
        """Take the Application's operation one step further."""
        state = self._begun(app)
        if state["phase"] == TERMINATING:
            return await self._terminate(app, state)
        pause = self._pause(app, state)
        if pause > 0:
            return Progress(state, again=pause)
        if state.pop("finishedAt", None):
            state.pop("syncResult", None)
        try:
            return await self._step(app, state)
        except LoadFailed as exc:
            return self._ended(app, state, Done(ERROR, f"ComparisonError: {exc}"))

    def _begun(self, app: Object) -> Object:
        state = copy.deepcopy((app.get("status") or {}).get("operationState") or {})
        if state.get("phase") in {RUNNING, TERMINATING}:
            return state
        self._pauses.pop(name_of(app), None)
        started = rfc3339(self._clock.now())
        return {"operation": copy.deepcopy(app["operation"]), "phase": RUNNING, "startedAt": started}

    def _pause(self, app: Object, state: Object) -> float:
        """Seconds this operation still has to wait: for its retry, or for what its last wave set off."""
        if "finishedAt" in state:
            retry = state["operation"].get("retry") or {}
            delay = retry_delay(retry, int(state.get("retryCount", 1)) - 1)
            return (later(moment(state["finishedAt"]), delay) - self._clock.now()).total_seconds()
        return self._pauses.get(name_of(app), 0.0) - self._clock.monotonic()

    async def _step(self, app: Object, state: Object) -> Progress:
        sync = state["operation"].get("sync") or {}
        options = Options.of(sync)
        begun = state.get("syncResult") or {}
        commit = begun.get("revision") or await self._loader.commit(app, sync.get("revision", ""))
        loaded = await self._loader.load(app, commit)
        if not begun and options.create_namespace and not options.dry_run:
            await self._hands.ensure_namespace(app["spec"]["destination"].get("namespace", ""))
        tasks = await self._tasks(app, state, loaded, options)
        step: Step | None = None if begun else await self._checked(app, tasks, loaded, options)
        if step is None:
            step = decide(tasks, confirmed=_confirmed(app, state))
        if isinstance(step, Apply):
            step = await self._apply(app, step, tasks, loaded, options)
        if isinstance(step, Done) and not options.dry_run:
            for task in hooks_to_delete(tasks, step.phase):
                await self._hands.delete(task.object if task.live is None else task.live)
        state["syncResult"] = {
            "revision": commit,
            "source": app["spec"]["source"],
            "resources": [entry_of(task) for task in tasks if task.result is not None],
        }
        if isinstance(step, Done):
            return self._ended(app, state, step)
        state["message"] = step.message if isinstance(step, Wait) else "one or more tasks are running"
        if isinstance(step, Apply):
            return Progress(state, again=0.0)
        pause = self._pause(app, state)
        return Progress(state, again=pause if pause > 0 else None)

    async def _tasks(self, app: Object, state: Object, loaded: Loaded, options: Options) -> list[Task]:
        sync = state["operation"].get("sync") or {}
        started = int(moment(state["startedAt"]).timestamp())
        targets = [
            named(target, loaded.commit, (waves.hooks(target) or (waves.SYNC,))[0], started)
            for target in loaded.targets
        ]
        live = await self._cluster.live(name_of(app), targets)
        entries = (state.get("syncResult") or {}).get("resources") or []
        only = [_ref(entry) for entry in sync.get("resources") or []]
        tasks = plan(targets, live, dict(map(result_of, entries)), options, only)
        if options.out_of_sync_only:
            tasks = [task for task in tasks if task.result or self._changes(app, task)]
        for task in tasks:
            task.result = refreshed(task)
            if options.respect_ignored and task.target is not None and task.live is not None:
                task.target = respected(task.target, task.live, _rules(app, task.ref))
        return tasks

    def _changes(self, app: Object, task: Task) -> bool:
        """Whether applying a task would change anything."""
        if task.hook or task.target is None or task.live is None:
            return True
        compared = self._observer.comparisons(name_of(app))
        return compared.differs(task.ref, task.target, task.live, _rules(app, task.ref))

    async def _checked(
        self, app: Object, tasks: Sequence[Task], loaded: Loaded, options: Options
    ) -> Done | None:
        """Refuse a sync that cannot succeed before anything is changed."""
        shared = _condition(app, "SharedResourceWarning")
        if options.fail_on_shared and shared:
            return Done(FAILED, f"Shared resource found: {shared}")
        await self._cluster.follow_namespaces()
        wanted = [task for task in tasks if not task.prune]
        for task in wanted:
            task.result = self._invalid(app, task, tasks, loaded, options)
        if any(task.failed for task in wanted):
            return _failure(tasks, "one or more synchronization tasks are not valid")
        for task in wanted:
            kind = loaded.kinds.get(kind_name(task.object))
            if kind is not None and not task.hook and self._cluster.namespace_exists(task.ref.namespace):
                task.result = await self._hands.dry_run(task, kind)
        if any(task.failed for task in wanted):
            return _failure(tasks, "one or more objects failed to apply (dry run)")
        return None

    def _invalid(
        self, app: Object, task: Task, tasks: Sequence[Task], loaded: Loaded, options: Options
    ) -> Result | None:
        kind = loaded.kinds.get(kind_name(task.object))
        if kind is None:
            fine = options.skip_unserved or _may_be_missing(task, tasks)
            text = "" if fine else unserved(task.object)
        else:
            project = self._observer.project(app)
            text = refusal(project, kind, task.object) if project is not None else ""
        return Result(SYNC_FAILED, FAILED, text, version_name(task.object)) if text else None

    async def _apply(
        self, app: Object, step: Apply, tasks: Sequence[Task], loaded: Loaded, options: Options
    ) -> Step:
        blocked = [task for task in step.tasks if _in_the_way(task) and not options.dry_run]
        if blocked:
            for task in blocked:
                if task.live is not None and not task.live["metadata"].get("deletionTimestamp"):
                    await self._hands.delete(task.live)
            return Wait(f"waiting for deletion of hook {blocked[0].ref}")
        for task in sorted(step.tasks, key=lambda task: not task.prune):
            if task.prune:
                task.result = await self._hands.prune(task, options)
            else:
                task.result = await self._hands.apply(task, loaded.kinds, options)
        if any(task.failed for task in step.tasks):
            return after_failure(tasks, "one or more objects failed to apply")
        if step.last:
            return Done(SUCCEEDED, "successfully synced (all tasks run)")
        self._pauses[name_of(app)] = self._clock.monotonic() + self._wave_delay
        return Wait(waiting(step.tasks))

    async def _terminate(self, app: Object, state: Object) -> Progress:
        for entry in (state.get("syncResult") or {}).get("resources") or []:
            if entry.get("hookType") and entry.get("hookPhase") == RUNNING:
                live = (await self._cluster.live(name_of(app), [])).get(_ref(entry))
                if live is not None:
                    await self._hands.delete(live)
                entry |= {"hookPhase": FAILED, "message": "Terminated"}
        state |= {
            "phase": FAILED,
            "message": "Operation terminated",
            "finishedAt": rfc3339(self._clock.now()),
        }
        return Progress(state, finished=True)

    def _ended(self, app: Object, state: Object, done: Done) -> Progress:
        """The end of an attempt: of the whole operation, unless it failed and may be tried again."""
        now = self._clock.now()
        self._pauses.pop(name_of(app), None)
        state |= {"phase": done.phase, "message": done.message, "finishedAt": rfc3339(now)}
        if done.phase == SUCCEEDED:
            return Progress(state, finished=True)
        retry, attempts = state["operation"].get("retry") or {}, int(state.get("retryCount", 0))
        if not retries_left(retry, attempts):
            if attempts:
                state["message"] = f"{done.message} (retried {attempts} times)."
            return Progress(state, finished=True)
        delay = retry_delay(retry, attempts)
        at = kitchen(later(now, delay))
        state |= {"phase": RUNNING, "retryCount": attempts + 1}
        state["message"] = f"{done.message}. Retrying attempt #{attempts + 1} at {at}."
        return Progress(state, again=delay)


def _failure(tasks: Sequence[Task], message: str) -> Done:
    reasons = dict.fromkeys(task.result.message for task in tasks if task.failed and task.result)
    return Done(FAILED, f"{message}, reason: {','.join(reasons)}")


def _may_be_missing(task: Task, tasks: Sequence[Task]) -> bool:
    """Whether a kind that is not served yet is none the less in order."""
    if "SkipDryRunOnMissingResource=true" in waves.sync_options(task.object):
        return True
    definitions = [each.object for each in tasks if each.ref.kind == "CustomResourceDefinition"]
    made = {(each["spec"].get("group"), each["spec"].get("names", {}).get("kind")) for each in definitions}
    return (task.ref.group, task.ref.kind) in made


def _in_the_way(task: Task) -> bool:
    """Whether an earlier run of a hook has to go first."""
    return bool(
        task.hook and task.live is not None and waves.BEFORE_CREATION in waves.delete_policies(task.object)
    )


def _confirmed(app: Object, state: Object) -> bool:
    """Whether a person has agreed, since the operation began, to what is only pruned with their consent."""
    approved = annotations_of(app).get(waves.APPROVED, "")
    return bool(approved) and moment(approved) >= moment(state["startedAt"])


def _rules(app: Object, ref: Ref) -> list[Object]:
    """The entries of ignoreDifferences that speak of an object."""
    return [rule for rule in app["spec"].get("ignoreDifferences") or [] if applies(rule, ref)]


def _condition(app: Object, kind: str) -> str:
    conditions = (app.get("status") or {}).get("conditions") or []
    return next((str(each.get("message", "")) for each in conditions if each.get("type") == kind), "")


def _ref(entry: Object) -> Ref:
    return Ref(entry.get("group", ""), entry["kind"], entry.get("namespace", ""), entry["name"])
