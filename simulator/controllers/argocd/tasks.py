"""What a sync has to do: one task for each object and phase, in one total order."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from simulator.controllers.argocd import waves
from simulator.controllers.argocd.identity import Ref, group_of
from simulator.controllers.argocd.options import Options
from simulator.controllers.kinds import Object

SYNCED, SYNC_FAILED, PRUNED, PRUNE_SKIPPED = "Synced", "SyncFailed", "Pruned", "PruneSkipped"
RUNNING, SUCCEEDED, FAILED, ERROR, TERMINATING = "Running", "Succeeded", "Failed", "Error", "Terminating"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a task: `status` of the apply (empty for hooks), `phase` of its operation."""

    status: str
    phase: str
    message: str = ""
    version: str = ""


@dataclass(slots=True)
class Task:
    """One object in one phase; without a target it is to be pruned, without a result still to be done."""

    ref: Ref
    phase: str
    wave: int
    target: Object | None = None
    live: Object | None = None
    hook: str = ""
    result: Result | None = None
    problem: str = field(default="", compare=False)

    @property
    def key(self) -> tuple[Ref, str]:
        return self.ref, self.phase

    @property
    def prune(self) -> bool:
        return self.target is None

    @property
    def pending(self) -> bool:
        return self.result is None

    @property
    def running(self) -> bool:
        return self.result is not None and self.result.phase == RUNNING

    @property
    def successful(self) -> bool:
        return self.result is not None and self.result.phase == SUCCEEDED

    @property
    def failed(self) -> bool:
        return self.result is not None and self.result.phase in {FAILED, ERROR}

    @property
    def object(self) -> Object:
        """The object as wanted, or as it is when it is to go."""
        obj = self.target if self.target is not None else self.live
        if obj is None:
            raise ValueError(f"{self.ref} has neither a target nor a live object")
        return obj


def plan(
    targets: Iterable[Object],
    live: Mapping[Ref, Object],
    results: Mapping[tuple[Ref, str], Result],
    options: Options,
    only: Collection[Ref] = (),
) -> list[Task]:
    """All tasks of a sync in the order they are done.

    `live` holds the Application's live objects, hooks among them. `only` limits the sync to some objects, and
    then hooks are left out.
    """
    tasks: list[Task] = []
    wanted: set[Ref] = set()
    for target in targets:
        ref = Ref.of(target)
        if waves.is_skipped(target):
            wanted.add(ref)
        elif waves.is_hook(target):
            wanted.add(ref)
            if not only:
                tasks += _hook_tasks(target, ref, live)
        else:
            wanted.add(ref)
            tasks.append(Task(ref, waves.SYNC, waves.wave(target), target, live.get(ref)))
    extras = {ref: obj for ref, obj in live.items() if ref not in wanted and not waves.is_hook(obj)}
    tasks += [Task(ref, waves.SYNC, waves.wave(obj), None, obj) for ref, obj in extras.items()]
    tasks += _pruned_already(tasks, results)
    if only:
        tasks = [task for task in tasks if any(_is_meant(task.ref, each) for each in only)]
    _set_prune_waves(tasks, options)
    ordered = order(tasks)
    for task in ordered:
        task.result = results.get(task.key)
    return ordered


def _is_meant(ref: Ref, chosen: Ref) -> bool:
    """Whether a chosen object is this one; one without a namespace is in any."""
    same = (ref.group, ref.kind, ref.name) == (chosen.group, chosen.kind, chosen.name)
    return same and chosen.namespace in {"", ref.namespace}


def order(tasks: Iterable[Task]) -> list[Task]:
    """Sort by phase, wave, kind and name; what others need to exist goes in front of its first dependant."""
    ordered = sorted(tasks, key=_rank)
    for provider in [task for task in ordered if not task.prune and _provides(task)]:
        place = ordered.index(provider)
        for earlier, task in enumerate(ordered[:place]):
            if not task.prune and _depends(task, provider):
                ordered.insert(earlier, ordered.pop(place))
                provider.phase, provider.wave = task.phase, task.wave
                break
    return ordered


def _rank(task: Task) -> tuple[int, int, int, str, str, str]:
    ref = task.ref
    kind = waves.kind_rank(ref.kind)
    return waves.PHASES.index(task.phase), task.wave, kind, ref.name, ref.namespace, f"{ref.group}/{ref.kind}"


def _provides(task: Task) -> bool:
    return task.ref.kind in {"Namespace", "CustomResourceDefinition"}


def _depends(task: Task, provider: Task) -> bool:
    if provider.ref.kind == "Namespace":
        return task.ref.namespace == provider.ref.name
    spec = provider.object.get("spec") or {}
    return (task.ref.group, task.ref.kind) == (spec.get("group"), (spec.get("names") or {}).get("kind"))


def _hook_tasks(target: Object, ref: Ref, live: Mapping[Ref, Object]) -> list[Task]:
    phases = [phase for phase in waves.hooks(target) if phase in waves.PHASES]
    return [Task(ref, phase, waves.wave(target), target, live.get(ref), hook=phase) for phase in phases]


def _pruned_already(tasks: Iterable[Task], results: Mapping[tuple[Ref, str], Result]) -> list[Task]:
    """Tasks for objects this sync has pruned and that are gone, so that what they did stays told."""
    known = {task.key for task in tasks}
    return [
        Task(ref, phase, 0, None, _gone(ref, result))
        for (ref, phase), result in results.items()
        if result.status in {PRUNED, PRUNE_SKIPPED} and (ref, phase) not in known
    ]


def _gone(ref: Ref, result: Result) -> Object:
    version = f"{ref.group}/{result.version}" if ref.group else result.version
    return {
        "apiVersion": version,
        "kind": ref.kind,
        "metadata": {"namespace": ref.namespace, "name": ref.name},
    }


def _set_prune_waves(tasks: list[Task], options: Options) -> None:
    last = max((task.wave for task in tasks if task.phase == waves.SYNC and not task.prune), default=0)
    pruned = []
    for task in tasks:
        if task.prune and (options.prune_last or "PruneLast=true" in waves.sync_options(task.object)):
            task.wave = last + 1
        elif task.prune:
            pruned.append(task)
    swapped = waves.prune_waves(task.wave for task in pruned)
    for task in pruned:
        task.wave = swapped[task.wave]


def result_of(entry: Object) -> tuple[tuple[Ref, str], Result]:
    """An entry of `status.operationState.syncResult.resources`, read back."""
    ref = Ref(entry.get("group", ""), entry["kind"], entry.get("namespace", ""), entry["name"])
    result = Result(
        entry.get("status", ""),
        entry.get("hookPhase", ""),
        entry.get("message", ""),
        entry.get("version", ""),
    )
    return (ref, entry.get("syncPhase", waves.SYNC)), result


def entry_of(task: Task) -> Object:
    """A task with a result, as an entry of `syncResult.resources`."""
    result = task.result
    if result is None:
        raise ValueError(f"{task.ref} has no result yet")
    entry = {
        "group": group_of(task.object),
        "version": task.object["apiVersion"].rpartition("/")[2],
        "kind": task.ref.kind,
        "namespace": task.ref.namespace,
        "name": task.ref.name,
        "status": result.status,
        "message": result.message,
        "hookType": task.hook,
        "hookPhase": result.phase,
        "syncPhase": task.phase,
    }
    return {name: value for name, value in entry.items() if value or name in {"group", "namespace"}}
