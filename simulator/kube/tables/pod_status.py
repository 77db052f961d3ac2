"""The one word kubectl shows for a Pod, and the rest of its row."""

from datetime import datetime
from typing import Any, Final

from simulator.kube.status import Object
from simulator.kube.tables.ages import since

NONE: Final = "<none>"


def pod_cells(value: Object, now: datetime) -> list[Any]:
    """Name, Ready, Status, Restarts, Age, IP, Node, Nominated Node, Readiness Gates."""
    spec, status = value["spec"], value.get("status") or {}
    statuses = status.get("containerStatuses") or []
    ready = sum(
        1 for one in statuses if one.get("ready") and (one.get("state") or {}).get("running") is not None
    )
    total = len(spec.get("containers") or ())
    gates = spec.get("readinessGates") or ()
    wide = [
        status.get("podIP") or NONE,
        spec.get("nodeName") or NONE,
        status.get("nominatedNodeName") or NONE,
    ]
    restarts = _restarts(statuses, now)
    created = since(value["metadata"].get("creationTimestamp"), now)
    return [
        value["metadata"]["name"],
        f"{ready}/{total}",
        word(value),
        restarts,
        created,
        *wide,
        _gates(gates, status),
    ]


def _gates(gates: Any, status: Object) -> str:
    if not gates:
        return NONE
    true = {one["type"] for one in status.get("conditions") or () if one.get("status") == "True"}
    return f"{sum(1 for one in gates if one['conditionType'] in true)}/{len(gates)}"


def _restarts(statuses: list[Object], now: datetime) -> str:
    count = sum(int(one.get("restartCount", 0)) for one in statuses)
    ends = [((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for one in statuses]
    latest = max((end for end in ends if end), default=None)
    return f"{count} ({since(latest, now)} ago)" if count and latest else str(count)


def word(value: Object) -> str:
    """CrashLoopBackOff rather than Running: the reason of the container that matters."""
    status = value.get("status") or {}
    found = status.get("reason") or status.get("phase", "Pending")
    initialising = _initialising(value, status)
    found = initialising or _running(status, found)
    if value["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(found)


def _initialising(value: Object, status: Object) -> str:
    total = len(value["spec"].get("initContainers") or ())
    for at, one in enumerate(status.get("initContainerStatuses") or ()):
        state = one.get("state") or {}
        ended = state.get("terminated")
        if ended is not None and ended.get("exitCode", 0) == 0:
            continue
        if one.get("started") and one.get("ready"):
            continue
        if ended is not None:
            return f"Init:{_ended(ended)}"
        reason = (state.get("waiting") or {}).get("reason")
        return f"Init:{reason}" if reason and reason != "PodInitializing" else f"Init:{at}/{total}"
    return ""


def _ended(ended: Object) -> str:
    if ended.get("reason"):
        return str(ended["reason"])
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _running(status: Object, found: str) -> str:
    running = False
    for one in reversed(status.get("containerStatuses") or []):
        state = one.get("state") or {}
        waiting, ended = state.get("waiting") or {}, state.get("terminated")
        if waiting.get("reason"):
            found = waiting["reason"]
        elif ended is not None:
            found = _ended(ended)
        elif one.get("ready") and state.get("running") is not None:
            running = True
    if found == "Completed" and running:
        ready = any(
            one["type"] == "Ready" and one.get("status") == "True" for one in status.get("conditions") or ()
        )
        return "Running" if ready else "NotReady"
    return found
