"""ReplicaSets: as many active pods as wanted, the least useful going first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Key
from simulator.controllers.kinds import POD, REPLICA_SET, Object, labels_of, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, Recorder
from simulator.controllers.workloads import pods


def difference(replica_set: Object, own: Sequence[Object]) -> tuple[int, list[Object]]:
    """How many pods to create, and which to delete."""
    wanted = int(replica_set["spec"].get("replicas", 1))
    active = pods.active(own)
    surplus = len(active) - wanted
    if surplus <= 0:
        return -surplus, []
    return 0, sorted(active, key=pods.first_to_go)[:surplus]


def status(replica_set: Object, own: Sequence[Object], now: datetime) -> Object:
    """The counts a ReplicaSet reports."""
    active = pods.active(own)
    seconds = int(replica_set["spec"].get("minReadySeconds", 0))
    wanted = (replica_set["spec"]["template"].get("metadata") or {}).get("labels") or {}
    return {
        "replicas": len(active),
        "fullyLabeledReplicas": sum(wanted.items() <= labels_of(p).items() for p in active),
        "readyReplicas": sum(pods.ready(p) for p in active),
        "availableReplicas": sum(pods.available(p, seconds, now) for p in active),
        "terminatingReplicas": sum(pods.deleting(p) and not pods.finished(p) for p in own),
        "observedGeneration": replica_set["metadata"].get("generation", 1),
    }


@dataclass(frozen=True, slots=True)
class ReplicaSets:
    """Reconciles every ReplicaSet."""

    api: Api
    clock: Clock
    recorder: Recorder

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one ReplicaSet."""
        replica_set = await self.api.find(REPLICA_SET, key[1], key[0])
        if replica_set is None or pods.deleting(replica_set):
            return None
        own = await self._own(replica_set)
        missing, surplus = difference(replica_set, own)
        for _ in range(missing):
            created = await self.api.create(
                POD, pods.from_template(replica_set["spec"]["template"], replica_set)
            )
            text = f"Created pod: {name_of(created)}"
            await self.recorder.event(replica_set, NORMAL, "SuccessfulCreate", text)
        for pod in surplus:
            await self._delete(replica_set, pod)
        if missing or surplus:
            own = await self._own(replica_set)
        fresh = status(replica_set, own, self.clock.now())
        if not pods.reports(replica_set, fresh):
            await self.api.patch_status(REPLICA_SET, key[1], fresh, key[0])
        waiting = fresh["availableReplicas"] < fresh["readyReplicas"]
        return 1.0 if waiting else None

    async def _own(self, replica_set: Object) -> list[Object]:
        query = pods.selector_text(replica_set["spec"]["selector"])
        listing = await self.api.list(POD, namespace_of(replica_set), labels=query)
        return pods.owned(listing.items, replica_set)

    async def _delete(self, replica_set: Object, pod: Object) -> None:
        try:
            await self.api.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod))
        except NotFound:
            return
        text = f"Deleted pod: {name_of(pod)}"
        await self.recorder.event(replica_set, NORMAL, "SuccessfulDelete", text)
