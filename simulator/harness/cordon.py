"""Keep tenants off the real nodes of a cluster: their pods are to run on the rehearsal node."""

import asyncio
from collections.abc import Callable

from simulator.backends.failure import BackendFailed
from simulator.controllers.api import Api
from simulator.controllers.conditions import is_true
from simulator.controllers.kinds import (
    DAEMON_SET,
    NODE,
    POD,
    Kind,
    Object,
    annotations_of,
    name_of,
    namespace_of,
)

CORDONED_BY = "dev.zerotouch.cordoned-by"
"""On a node: the run that made it unschedulable, and is to make it schedulable again."""
SETTLE_SECONDS = 90.0
_POLL_SECONDS = 1.0
_NOT_ON_OUR_NODE = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "type", "operator": "NotIn", "values": ["virtual-kubelet"]}]}
    ]
}


async def settled(api: Api, seconds: float = SETTLE_SECONDS) -> None:
    """Return once nodes and system pods are up: after a cordon they would find no node any more.

    Raises BackendFailed naming what was not ready in time.
    """
    late: list[str] = []
    try:
        async with asyncio.timeout(seconds):
            while late := [*await _late(api, NODE, _up), *await _late(api, POD, _placed)]:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as exc:
        missing = ", ".join(late) or "nothing was seen of it"
        raise BackendFailed("kubernetes", f"was not ready within {seconds:.0f} s ({missing})") from exc


async def spare_daemons(api: Api) -> None:
    """Have no DaemonSet place a pod on the rehearsal node; the pods that run are left as they are."""
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": _NOT_ON_OUR_NODE}}
    spec = {
        "updateStrategy": {"type": "OnDelete", "rollingUpdate": None},
        "template": {"spec": {"affinity": affinity}},
    }
    for daemon in (await api.list(DAEMON_SET)).items:
        await api.merge_patch(DAEMON_SET, name_of(daemon), {"spec": spec}, namespace_of(daemon))


async def cordon(api: Api, run_id: str) -> None:
    """Make every node unschedulable that is not so already, and note on it who did."""
    for node in (await api.list(NODE)).items:
        if not node["spec"].get("unschedulable"):
            await _schedulable(api, node, run_id)


async def uncordon(api: Api, run_id: str) -> None:
    """Undo what `cordon` did in that run."""
    for node in (await api.list(NODE)).items:
        if annotations_of(node).get(CORDONED_BY) == run_id:
            await _schedulable(api, node, None)


async def _schedulable(api: Api, node: Object, cordoned_by: str | None) -> None:
    patch = {
        "metadata": {"annotations": {CORDONED_BY: cordoned_by}},
        "spec": {"unschedulable": True if cordoned_by else None},
    }
    await api.merge_patch(NODE, name_of(node), patch)


async def _late(api: Api, kind: Kind, ready: Callable[[Object], bool]) -> list[str]:
    return [f"{kind.kind} {name_of(each)}" for each in (await api.list(kind)).items if not ready(each)]


def _up(node: Object) -> bool:
    return is_true(node, "Ready")


def _placed(pod: Object) -> bool:
    return is_true(pod, "Ready") or (pod.get("status") or {}).get("phase") == "Succeeded"
