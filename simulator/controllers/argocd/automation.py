"""Whether an Application is to be synced by itself, and how."""

from dataclasses import dataclass
from datetime import datetime

from simulator.controllers.argocd.durations import RETRY_LIMIT, moment
from simulator.controllers.argocd.identity import Ref
from simulator.controllers.argocd.state import OUT_OF_SYNC, State
from simulator.controllers.argocd.tasks import SUCCEEDED
from simulator.controllers.kinds import Object

LAST_HEAL = 300.0


@dataclass(frozen=True, slots=True)
class Start:
    """Put this operation on the Application."""

    operation: Object


@dataclass(frozen=True, slots=True)
class Later:
    """Look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Refused:
    """Not before something changes; the text becomes a SyncError condition."""

    message: str


def next_sync(
    app: Object, state: State, commit: str, now: datetime, heal_delay: float
) -> Start | Later | Refused | None:
    """What automated sync does about an Application in this state; None when there is nothing to do."""
    automated = (app["spec"].get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False or state.sync != OUT_OF_SYNC:
        return None
    if not automated.get("prune") and all(entry.get("requiresPruning") for entry in _unsynced(state)):
        return None
    last = (app.get("status") or {}).get("operationState") or {}
    attempted = _attempted(app, last, commit)
    if attempted and last.get("phase") != SUCCEEDED:
        return Refused(f"Failed last sync attempt to [{commit}]: {last.get('message', '')}")
    if attempted:
        return _heal(app, state, commit, now, heal_delay)
    if state.all_pruned and not automated.get("allowEmpty"):
        return Refused(f"Skipping sync attempt to {commit}: auto-sync will wipe out all resources")
    return Start(_operation(app, commit))


def _unsynced(state: State) -> list[Object]:
    return [entry for entry in state.resources if entry.get("status") == OUT_OF_SYNC]


def _attempted(app: Object, last: Object, commit: str) -> bool:
    result = last.get("syncResult") or {}
    return result.get("revision") == commit and result.get("source") == app["spec"].get("source")


def _heal(app: Object, state: State, commit: str, now: datetime, heal_delay: float) -> Start | Later | None:
    automated = app["spec"]["syncPolicy"]["automated"]
    if not automated.get("selfHeal"):
        return None
    last = app["status"]["operationState"]
    sync = (last.get("operation") or {}).get("sync") or {}
    attempts = int(sync.get("autoHealAttemptsCount", 0))
    delay = min(LAST_HEAL, heal_delay * 2.0**attempts)
    passed = (now - moment(last["finishedAt"])).total_seconds()
    if passed < delay:
        return Later(delay - passed)
    attempts = attempts + 1 if passed < delay + LAST_HEAL else 1
    return Start(_operation(app, commit, state.out_of_sync, attempts))


def _operation(app: Object, commit: str, only: list[Ref] | None = None, attempts: int = 0) -> Object:
    policy = app["spec"]["syncPolicy"]
    sync: Object = {"revision": commit}
    if policy["automated"].get("prune"):
        sync["prune"] = True
    if policy.get("syncOptions"):
        sync["syncOptions"] = list(policy["syncOptions"])
    if only:
        sync["resources"] = [_resource(ref) for ref in only]
    if attempts:
        sync["autoHealAttemptsCount"] = attempts
    return {
        "initiatedBy": {"automated": True},
        "retry": policy.get("retry") or {"limit": RETRY_LIMIT},
        "sync": sync,
    }


def _resource(ref: Ref) -> Object:
    entry = {"group": ref.group, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    return {name: value for name, value in entry.items() if value}
