"""The state of an Application, judged from what git wants and what the cluster has."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from simulator.controllers.argocd import waves
from simulator.controllers.argocd.comparing import Comparisons
from simulator.controllers.argocd.health import counts, health, worst
from simulator.controllers.argocd.healthwords import HEALTHY, MISSING, UNKNOWN
from simulator.controllers.argocd.identity import Ref, version_name
from simulator.controllers.kinds import Object

SYNCED, OUT_OF_SYNC = "Synced", "OutOfSync"

_POD_TEMPLATES = {"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"}


@dataclass(frozen=True, slots=True)
class State:
    """`resources` are the entries of status.resources; `out_of_sync` are the objects a sync would touch."""

    sync: str
    health: str
    resources: list[Object]
    out_of_sync: list[Ref]
    all_pruned: bool
    images: list[str]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a comparison is made by.

    `loaded` is False when git gave no manifests; then nothing can be said of sync, though health still can.
    `ignored` are spec.ignoreDifferences, `compare_options` those annotated on the Application; `comparisons`
    remembers what was compared. What the project does not permit has no known state.
    """

    loaded: bool = True
    ignored: Sequence[Object] = ()
    compare_options: frozenset[str] = frozenset()
    comparisons: Comparisons = field(default_factory=Comparisons)
    permitted: Callable[[Ref], bool] = lambda _: True


def judge(targets: Sequence[Object], live: Mapping[Ref, Object], rules: Rules) -> State:
    """Compare all targets with all live objects of one Application; raises UnservedExpression."""
    wanted = {Ref.of(obj): obj for obj in targets}
    rules.comparisons.keep(live)
    resources: list[Object] = []
    touched: list[Ref] = []
    out_of_sync = False
    for ref in sorted(wanted.keys() | live.keys()):
        target, has = wanted.get(ref), live.get(ref)
        entry, status = _resource(ref, target, has, rules)
        if entry is None:
            continue
        resources.append(entry)
        if status == OUT_OF_SYNC:
            touched.append(ref)
            out_of_sync = out_of_sync or not _extraneous(target, has, rules.compare_options)
    regular = [obj for obj in targets if not waves.is_hook(obj) and not waves.is_skipped(obj)]
    sync = UNKNOWN if not rules.loaded else OUT_OF_SYNC if out_of_sync else SYNCED
    return State(
        sync=sync,
        health=application_health(regular, live),
        resources=resources,
        out_of_sync=touched,
        all_pruned=not regular and any(not waves.is_hook(obj) for obj in live.values()),
        images=sorted({image for obj in live.values() for image in images(obj)}),
    )


def application_health(targets: Iterable[Object], live: Mapping[Ref, Object]) -> str:
    """The worst health among the objects that have one; a missing object of such a kind is Missing."""
    found: dict[Ref, str] = {Ref.of(obj): MISSING for obj in targets if counts(obj)}
    for ref, obj in live.items():
        judged = health(obj) if counts(obj) and not waves.is_hook(obj) else None
        if judged is not None:
            found[ref] = judged.status
        else:
            found.pop(ref, None)
    return worst(found.values()) if found else HEALTHY


def _resource(
    ref: Ref, target: Object | None, live: Object | None, rules: Rules
) -> tuple[Object | None, str]:
    """The entry of one object, None for a hook that is not there; and its sync status, empty for hooks."""
    obj = target if target is not None else live
    if obj is None:
        raise ValueError(f"{ref} is neither wanted nor there")
    if waves.is_skipped(obj):
        return None, ""
    hook = waves.is_hook(obj)
    if hook and live is None:
        return None, ""
    entry: Object = {"group": ref.group, "version": version_name(obj), "kind": ref.kind}
    entry |= {"namespace": ref.namespace, "name": ref.name}
    entry = {name: value for name, value in entry.items() if value}
    status = "" if hook else _status(ref, target, live, rules)
    if hook:
        entry["hook"] = True
    else:
        entry["status"] = status
    if wave := waves.wave(obj):
        entry["syncWave"] = wave
    if not hook and rules.loaded and target is None:
        entry["requiresPruning"] = True
        if waves.CONFIRM_PRUNE in waves.sync_options(obj):
            entry["requiresDeletionConfirmation"] = True
    return entry, status


def _status(ref: Ref, target: Object | None, live: Object | None, rules: Rules) -> str:
    if not rules.loaded or not rules.permitted(ref):
        return UNKNOWN
    if target is None or live is None:
        return OUT_OF_SYNC
    ignored = [rule for rule in rules.ignored if applies(rule, ref)]
    return OUT_OF_SYNC if rules.comparisons.differs(ref, target, live, ignored) else SYNCED


def applies(rule: Object, ref: Ref) -> bool:
    """Whether an entry of ignoreDifferences speaks of this object."""
    return (
        rule.get("kind") in {ref.kind, "*"}
        and rule.get("group", "") in {ref.group, "*"}
        and rule.get("name") in {None, "", ref.name}
        and rule.get("namespace") in {None, "", ref.namespace}
    )


def _extraneous(target: Object | None, live: Object | None, options: frozenset[str]) -> bool:
    """Whether an object git does not have is to be overlooked in the state of the whole."""
    if target is not None or live is None:
        return False
    return "IgnoreExtraneous" in (waves.compare_options(live) | options)


def images(obj: Object) -> list[str]:
    """The container images a live workload runs."""
    if obj["kind"] not in _POD_TEMPLATES:
        return []
    pod = ((obj.get("spec") or {}).get("template") or {}).get("spec") or {}
    containers = [*(pod.get("initContainers") or []), *(pod.get("containers") or [])]
    return [str(each["image"]) for each in containers if each.get("image")]
