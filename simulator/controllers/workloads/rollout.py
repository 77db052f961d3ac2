"""How a Deployment moves from its old ReplicaSets to the new one."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from simulator.controllers import times
from simulator.controllers.conditions import condition, find, merged
from simulator.controllers.kinds import Object, annotations_of, name_of
from simulator.controllers.reconciling import owner_reference
from simulator.controllers.workloads import pods
from simulator.controllers.workloads.template_hash import template_hash

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
MAXIMUM = "deployment.kubernetes.io/max-replicas"
HASH = "pod-template-hash"
DEFAULT_DEADLINE = 600
DEFAULT_HISTORY = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write next; empty when there is nothing to do but report."""

    create: Object | None = None
    scale: dict[str, int] = field(default_factory=dict)
    remove: list[str] = field(default_factory=list)


def portion(value: int | str | None, total: int, *, up: bool) -> int:
    """An absolute number, or a percentage of `total` rounded up or down."""
    if isinstance(value, str) and value.endswith("%"):
        scaled = int(value[:-1]) * total
        return -(-scaled // 100) if up else scaled // 100
    return int(value or 0)


def bounds(deployment: Object) -> tuple[int, int]:
    """How many pods may be there beyond the wanted number, and how many may be missing."""
    rolling = (deployment["spec"].get("strategy") or {}).get("rollingUpdate") or {}
    wanted = replicas(deployment)
    surge = portion(rolling.get("maxSurge", "25%"), wanted, up=True)
    missing = portion(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    return surge, missing if surge or missing else 1


def replicas(obj: Object) -> int:
    return int(obj["spec"].get("replicas", 1))


def current(deployment: Object, sets: Sequence[Object]) -> Object | None:
    """The ReplicaSet of the present template."""
    name = new_name(deployment)
    return next((s for s in sets if name_of(s) == name), None)


def new_name(deployment: Object) -> str:
    return f"{name_of(deployment)}-{template_hash(deployment['spec']['template'])}"


def revision(obj: Object) -> int:
    text = annotations_of(obj).get(REVISION, "0")
    return int(text) if text.isdecimal() else 0


def next_revision(deployment: Object, sets: Sequence[Object]) -> int:
    """The current set's own revision, unless an older template came back or it has none yet."""
    new = current(deployment, sets)
    highest = max((revision(s) for s in sets if s is not new), default=0)
    own = revision(new) if new is not None else 0
    return own if own > highest else highest + 1


def plan(deployment: Object, sets: Sequence[Object]) -> Plan:
    """One step of the rollout."""
    new = current(deployment, sets)
    old = [s for s in sets if s is not new]
    if new is None:
        if deployment["spec"].get("paused"):
            return Plan()
        if _recreates(deployment) and any(_status(s, "replicas") for s in old):
            return Plan(scale={name_of(s): 0 for s in old if replicas(s)})
        return Plan(create=_new_set(deployment, sets))
    scale = _recreate(deployment, new, old) if _recreates(deployment) else _roll(deployment, new, old)
    return Plan(scale=scale, remove=_history(deployment, old) if not scale else [])


def _recreates(deployment: Object) -> bool:
    return (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"


def _recreate(deployment: Object, new: Object, old: Sequence[Object]) -> dict[str, int]:
    down = {name_of(s): 0 for s in old if replicas(s)}
    if down or any(_status(s, "replicas") for s in old):
        return down
    return {name_of(new): replicas(deployment)} if replicas(new) != replicas(deployment) else {}


def _roll(deployment: Object, new: Object, old: Sequence[Object]) -> dict[str, int]:
    wanted = replicas(deployment)
    surge, missing = bounds(deployment)
    total = replicas(new) + sum(replicas(s) for s in old)
    if deployment["spec"].get("paused") and any(replicas(s) for s in old):
        return {}
    if replicas(new) > wanted or (not any(replicas(s) for s in old) and replicas(new) != wanted):
        return {name_of(new): wanted}
    if replicas(new) < wanted and total < wanted + surge:
        return {name_of(new): min(wanted, replicas(new) + wanted + surge - total)}
    return _shrink(old, total - (wanted - missing) - _unavailable(new), wanted - missing, new)


def _shrink(old: Sequence[Object], spare: int, least: int, new: Object) -> dict[str, int]:
    """First the old pods that serve nobody, then those the available ones leave room to end."""
    scale: dict[str, int] = {}
    ordered = sorted(old, key=lambda s: str(s["metadata"].get("creationTimestamp")))
    for item in ordered:
        broken = min(replicas(item) - _status(item, "availableReplicas"), spare)
        if broken > 0:
            scale[name_of(item)] = replicas(item) - broken
            spare -= broken
    serving = _status(new, "availableReplicas") + sum(_status(s, "availableReplicas") for s in old)
    room = serving - least
    for item in ordered:
        left = scale.get(name_of(item), replicas(item))
        ending = min(left, room)
        if ending > 0:
            scale[name_of(item)] = left - ending
            room -= ending
    return scale


def _unavailable(new: Object) -> int:
    return max(0, replicas(new) - _status(new, "availableReplicas"))


def _history(deployment: Object, old: Sequence[Object]) -> list[str]:
    limit = int(deployment["spec"].get("revisionHistoryLimit", DEFAULT_HISTORY))
    empty = [s for s in old if not replicas(s) and not _status(s, "replicas") and not pods.deleting(s)]
    ordered = sorted(empty, key=revision)
    return [name_of(s) for s in ordered[: max(0, len(empty) - limit)]]


def _new_set(deployment: Object, sets: Sequence[Object]) -> Object:
    mark = template_hash(deployment["spec"]["template"])
    template = deepcopy(deployment["spec"]["template"])
    metadata = template.setdefault("metadata", {})
    metadata["labels"] = {**(metadata.get("labels") or {}), HASH: mark}
    selector = deepcopy(deployment["spec"]["selector"])
    selector["matchLabels"] = {**(selector.get("matchLabels") or {}), HASH: mark}
    others = sum(replicas(s) for s in sets)
    surge, _ = bounds(deployment)
    first = max(0, min(replicas(deployment), replicas(deployment) + surge - others))
    if _recreates(deployment):
        first = replicas(deployment)
    kept = {k: v for k, v in annotations_of(deployment).items() if not k.startswith("kubectl.kubernetes.io/")}
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": new_name(deployment),
            "namespace": deployment["metadata"]["namespace"],
            "labels": metadata["labels"],
            "annotations": {
                **kept,
                REVISION: str(next_revision(deployment, sets)),
                DESIRED: str(replicas(deployment)),
                MAXIMUM: str(replicas(deployment) + surge),
            },
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {
            "replicas": first,
            "minReadySeconds": deployment["spec"].get("minReadySeconds", 0),
            "selector": selector,
            "template": template,
        },
    }


def status(deployment: Object, sets: Sequence[Object], now: datetime, stamp: str) -> Object:
    """The Deployment's status; `stamp` is `now` as it is written."""
    new = current(deployment, sets)
    counts = {
        "replicas": sum(_status(s, "replicas") for s in sets),
        "updatedReplicas": _status(new, "replicas") if new else 0,
        "readyReplicas": sum(_status(s, "readyReplicas") for s in sets),
        "availableReplicas": sum(_status(s, "availableReplicas") for s in sets),
        "terminatingReplicas": sum(_status(s, "terminatingReplicas") for s in sets),
    }
    wanted = replicas(deployment)
    counts["unavailableReplicas"] = max(0, sum(replicas(s) for s in sets) - counts["availableReplicas"])
    fresh = [_available(deployment, counts["availableReplicas"])]
    progress = _progress(deployment, new, counts, wanted, now)
    if progress is not None:
        fresh.append({**progress, "lastUpdateTime": stamp})
    failure = find(new, "ReplicaFailure") if new else None
    if failure is not None:
        fresh.append(condition("ReplicaFailure", True, failure["reason"], failure.get("message", "")))
    old = (deployment.get("status") or {}).get("conditions") or []
    old = [each for each in old if failure or each["type"] != "ReplicaFailure"]
    conditions = merged(old, ({"lastUpdateTime": stamp, **c} for c in fresh), stamp)
    return {
        "observedGeneration": deployment["metadata"].get("generation", 1),
        **counts,
        "conditions": _steady(old, conditions, counts, deployment),
    }


def _steady(old: Sequence[Object], new: Sequence[Object], counts: Object, deployment: Object) -> list[Object]:
    """Conditions that say what they said keep their times, unless the rollout moved on."""
    before = {c["type"]: c for c in old}
    moved = any((deployment.get("status") or {}).get(k, 0) != v for k, v in counts.items())
    result = []
    for item in new:
        known = before.get(item["type"])
        same = known and all(known.get(k) == item.get(k) for k in ("status", "reason", "message"))
        progressing = item["type"] == "Progressing" and item["reason"] == "ReplicaSetUpdated"
        result.append(dict(known) if known and same and not (progressing and moved) else item)
    return result


def _available(deployment: Object, count: int) -> Object:
    _, missing = bounds(deployment)
    if count >= replicas(deployment) - missing:
        text = "Deployment has minimum availability."
        return condition("Available", True, "MinimumReplicasAvailable", text)
    text = "Deployment does not have minimum availability."
    return condition("Available", False, "MinimumReplicasUnavailable", text)


def _progress(
    deployment: Object, new: Object | None, counts: Object, wanted: int, now: datetime
) -> Object | None:
    old = find(deployment, "Progressing")
    if new is None:
        return None
    complete = counts["updatedReplicas"] == counts["replicas"] == counts["availableReplicas"] == wanted
    quoted = f'"{name_of(new)}"'
    if complete:
        text = f"ReplicaSet {quoted} has successfully progressed."
        return condition("Progressing", True, "NewReplicaSetAvailable", text)
    if old is None:
        return condition("Progressing", True, "NewReplicaSetCreated", f"Created new replica set {quoted}")
    before = deployment.get("status") or {}
    moved = any(
        counts[k] > before.get(k, 0) for k in ("updatedReplicas", "readyReplicas", "availableReplicas")
    ) or counts["replicas"] - counts["updatedReplicas"] < before.get("replicas", 0) - before.get(
        "updatedReplicas", 0
    )
    if not moved and _late(deployment, old, now):
        text = f"ReplicaSet {quoted} has timed out progressing."
        return condition("Progressing", False, "ProgressDeadlineExceeded", text)
    if not moved and old.get("reason") == "NewReplicaSetAvailable" and quoted in old.get("message", ""):
        return old
    return condition("Progressing", True, "ReplicaSetUpdated", f"ReplicaSet {quoted} is progressing.")


def _late(deployment: Object, old: Object, now: datetime) -> bool:
    if old.get("reason") == "ProgressDeadlineExceeded":
        return True
    if old.get("reason") == "NewReplicaSetAvailable":
        return False
    since = times.moment(old.get("lastUpdateTime"))
    deadline = deployment["spec"].get("progressDeadlineSeconds", DEFAULT_DEADLINE)
    return since is not None and (now - since).total_seconds() >= deadline


def _status(obj: Object, name: str) -> int:
    return int((obj.get("status") or {}).get(name, 0))
