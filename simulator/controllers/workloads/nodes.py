"""Nodes that stopped telling of themselves: NotReady, tainted, and their pods evicted in the end.

Source: the node lifecycle controller and the taint eviction controller of Kubernetes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from simulator.clock import Clock, rfc3339
from simulator.controllers import times
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, merged
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import NODE, POD, Object, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, Recorder
from simulator.controllers.workloads import pods

LEASES = "kube-node-lease"
GRACE_SECONDS = 40.0
"""How long a node may be silent (`--node-monitor-grace-period`)."""
TOLERATION_SECONDS = 300.0
"""What every pod tolerates unless it says otherwise (the admission plugin DefaultTolerationSeconds)."""
LOOK = 5.0
UNREACHABLE, NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
_SILENT = "Kubelet stopped posting node status."
_TYPES = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")


def heard(node: Object, lease: Object | None) -> datetime | None:
    """When the node last told of itself: by its lease or its status."""
    renewed = ((lease or {}).get("spec") or {}).get("renewTime")
    beats = [(find(node, "Ready") or {}).get("lastHeartbeatTime"), renewed]
    known = [moment for text in beats if (moment := times.moment(text)) is not None]
    return max(known, default=None)


def taints(node: Object, since: str) -> list[Object]:
    """The node's taints as its condition Ready asks for; those of others stay."""
    ready = str((find(node, "Ready") or {}).get("status", "Unknown"))
    wanted = {"True": "", "False": NOT_READY}.get(ready, UNREACHABLE)
    old = node["spec"].get("taints") or []
    kept = [each for each in old if each["key"] not in {UNREACHABLE, NOT_READY} or each["key"] == wanted]
    have = {(each["key"], each["effect"]) for each in kept}
    fresh = [
        {"key": wanted, "effect": effect, "timeAdded": since}
        for effect in ("NoSchedule", "NoExecute")
        if wanted and (wanted, effect) not in have
    ]
    return [*kept, *fresh]


def evicted_after(pod: Object, taint: Object) -> float | None:
    """Seconds a pod may stay on a node with this taint; None for ever."""
    own = [
        each
        for each in pod["spec"].get("tolerations") or ()
        if each.get("key") in {None, "", taint["key"]} and each.get("effect") in {None, "", taint["effect"]}
    ]
    if not own:
        return TOLERATION_SECONDS
    seconds = [float(each["tolerationSeconds"]) for each in own if "tolerationSeconds" in each]
    return min(seconds) if seconds else None


@dataclass(frozen=True, slots=True)
class Nodes:
    """Looks after every node."""

    api: Api
    clock: Clock
    recorder: Recorder
    nodes: Informer
    leases: Informer
    pods: Informer
    patience: float
    """Real seconds of silence before a node is given up, whatever passes meanwhile in the world."""
    seen: dict[str, tuple[datetime | None, float]] = field(default_factory=dict)

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one node."""
        node = self.nodes.get(key[1])
        if node is None or pods.deleting(node):
            return None
        node = await self._judge(node)
        wanted = taints(node, rfc3339(self.clock.now()))
        if wanted != (node["spec"].get("taints") or []):
            patch = {"spec": {"taints": wanted or None}}
            node = self.nodes.take_note(await self.api.merge_patch(NODE, key[1], patch))
        await self._evict(node)
        last = heard(node, self.leases.get(key[1], LEASES))
        if (find(node, "Ready") or {}).get("status") != "True" or last is None:
            return LOOK
        return max(1.0, GRACE_SECONDS - (self.clock.now() - last).total_seconds())

    async def _judge(self, node: Object) -> Object:
        """Say of a silent node that nothing is known of it."""
        last = heard(node, self.leases.get(name_of(node), LEASES))
        now = self.clock.now()
        silent = last is None or (now - last).total_seconds() >= GRACE_SECONDS
        silent = self._unheard(name_of(node), last) >= self.patience and silent
        ready = find(node, "Ready")
        if not silent or ready is None or ready["status"] == "Unknown":
            return node
        unknown = [condition(kind, "Unknown", "NodeStatusUnknown", _SILENT) for kind in _TYPES]
        conditions = merged((node.get("status") or {}).get("conditions"), unknown, rfc3339(now))
        written = await self.api.patch_status(NODE, name_of(node), {"conditions": conditions})
        text = f"Node {name_of(node)} status is now: NodeNotReady"
        await self.recorder.event(written, NORMAL, "NodeNotReady", text)
        await self._unready(self._on(node))
        return self.nodes.take_note(written)

    def _unheard(self, name: str, last: datetime | None) -> float:
        """Real seconds since the node was first seen to have told of itself for the last time."""
        real = asyncio.get_running_loop().time()
        if name not in self.seen or self.seen[name][0] != last:
            self.seen[name] = last, real
        return real - self.seen[name][1]

    async def _unready(self, there: Sequence[Object]) -> None:
        """Nobody knows whether these pods serve, so that no Service may lead to them."""
        for pod in there:
            if not pods.ready(pod):
                continue
            verdict = condition("Ready", False, "")
            old = (pod.get("status") or {}).get("conditions")
            fresh = {"conditions": merged(old, [verdict], rfc3339(self.clock.now()))}
            try:
                written = await self.api.patch_status(POD, name_of(pod), fresh, namespace_of(pod))
            except NotFound:
                continue
            self.pods.take_note(written)
            await self.recorder.event(pod, "Warning", "NodeNotReady", "Node is not ready")

    async def _evict(self, node: Object) -> None:
        """Delete the pods that have been on a node nobody hears of for longer than they tolerate."""
        now = self.clock.now()
        for taint in node["spec"].get("taints") or ():
            if taint["effect"] != "NoExecute":
                continue
            added = times.moment(taint.get("timeAdded")) or now
            for pod in self._on(node):
                limit = evicted_after(pod, taint)
                if limit is not None and (now - added).total_seconds() >= limit:
                    await self._delete(pod)

    async def _delete(self, pod: Object) -> None:
        text = f"Marking for deletion Pod {namespace_of(pod)}/{name_of(pod)}"
        await self.recorder.event(pod, NORMAL, "TaintManagerEviction", text)
        try:
            gone = await self.api.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        self.pods.take_note(gone)

    def _on(self, node: Object) -> list[Object]:
        return [
            pod
            for pod in self.pods
            if pod["spec"].get("nodeName") == name_of(node) and not pods.deleting(pod)
        ]
