"""ReplicaSets: as many active pods as wanted, the least useful going first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, merged
from simulator.controllers.errors import Forbidden, Invalid, NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import POD, REPLICA_SET, Object, labels_of, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import pods

RETRY = 5.0


def difference(replica_set: Object, own: Sequence[Object]) -> tuple[int, list[Object]]:
    """How many pods to create, and which to delete."""
    wanted = int(replica_set["spec"].get("replicas", 1))
    active = pods.active(own)
    surplus = len(active) - wanted
    if surplus <= 0:
        return -surplus, []
    return 0, sorted(active, key=pods.first_to_go)[:surplus]


def status(replica_set: Object, own: Sequence[Object], now: datetime, failure: str = "") -> Object:
    """The counts a ReplicaSet reports, and why a pod could not be created."""
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
        "conditions": _conditions(replica_set, failure, rfc3339(now)),
    }


def _conditions(replica_set: Object, failure: str, stamp: str) -> list[Object]:
    """ReplicaFailure stands only as long as pods cannot be created."""
    old = (replica_set.get("status") or {}).get("conditions") or []
    others = [each for each in old if each["type"] != "ReplicaFailure"]
    if not failure:
        return others
    return merged(old, [condition("ReplicaFailure", True, "FailedCreate", failure)], stamp)


@dataclass(frozen=True, slots=True)
class ReplicaSets:
    """Reconciles every ReplicaSet."""

    api: Api
    clock: Clock
    recorder: Recorder
    replica_sets: Informer
    pods: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one ReplicaSet."""
        replica_set = self.replica_sets.get(key[1], key[0])
        if replica_set is None or pods.deleting(replica_set):
            return None
        own = self._own(replica_set)
        missing, surplus = difference(replica_set, own)
        failure = await self._create(replica_set, missing)
        for pod in surplus:
            await self._delete(replica_set, pod)
        if missing or surplus:
            own = self._own(replica_set)
        fresh = status(replica_set, own, self.clock.now(), failure)
        if not pods.reports(replica_set, fresh):
            self.replica_sets.take_note(await self.api.patch_status(REPLICA_SET, key[1], fresh, key[0]))
        if failure:
            return RETRY
        waiting = fresh["availableReplicas"] < fresh["readyReplicas"]
        return 1.0 if waiting else None

    async def _create(self, replica_set: Object, count: int) -> str:
        """Create pods until one is refused; what the API server said to that."""
        for _ in range(count):
            wanted = pods.from_template(replica_set["spec"]["template"], replica_set)
            try:
                created = self.pods.take_note(await self.api.create(POD, wanted))
            except (Forbidden, Invalid) as error:
                text = f"Error creating: {error.message}"
                await self.recorder.event(replica_set, WARNING, "FailedCreate", text)
                return error.message
            text = f"Created pod: {name_of(created)}"
            await self.recorder.event(replica_set, NORMAL, "SuccessfulCreate", text)
        return ""

    def _own(self, replica_set: Object) -> list[Object]:
        return pods.owned(self.pods.of(namespace_of(replica_set)), replica_set)

    async def _delete(self, replica_set: Object, pod: Object) -> None:
        try:
            self.pods.take_note(await self.api.delete(POD, name_of(pod), namespace_of(pod), uid=uid_of(pod)))
        except NotFound:
            return
        text = f"Deleted pod: {name_of(pod)}"
        await self.recorder.event(replica_set, NORMAL, "SuccessfulDelete", text)
