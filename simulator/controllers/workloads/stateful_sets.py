"""StatefulSets: pods by ordinal, each with its claims, one step at a time."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.errors import AlreadyExists, NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import (
    PERSISTENT_VOLUME_CLAIM,
    POD,
    STATEFUL_SET,
    Object,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from simulator.controllers.recorder import NORMAL, Recorder
from simulator.controllers.workloads import pods
from simulator.controllers.workloads.template_hash import template_hash

REVISION = "controller-revision-hash"
POD_NAME = "statefulset.kubernetes.io/pod-name"
INDEX = "apps.kubernetes.io/pod-index"


@dataclass(frozen=True, slots=True)
class Plan:
    """Ordinals to create, and pods to delete, now."""

    create: list[int] = field(default_factory=list)
    delete: list[Object] = field(default_factory=list)


def revision(stateful_set: Object) -> str:
    mark = template_hash(stateful_set["spec"]["template"])
    return f"{name_of(stateful_set)}-{mark}"


def ordinal(pod: Object) -> int:
    return int(name_of(pod).rpartition("-")[2])


def plan(stateful_set: Object, own: Sequence[Object]) -> Plan:
    """The next step: what failed goes, then growth in order, then shrinking, then one update."""
    wanted = int(stateful_set["spec"].get("replicas", 1))
    parallel = stateful_set["spec"].get("podManagementPolicy") == "Parallel"
    by_ordinal = {ordinal(pod): pod for pod in own}
    dead = [pod for pod in own if pods.finished(pod) and not pods.deleting(pod)]
    if dead:
        return Plan(delete=dead)
    create = []
    for number in range(wanted):
        pod = by_ordinal.get(number)
        if pod is None:
            create.append(number)
        if not parallel and (pod is None or pods.deleting(pod) or not pods.ready(pod)):
            return Plan(create=create) if create else _update_broken(stateful_set, by_ordinal)
    surplus = sorted((p for n, p in by_ordinal.items() if n >= wanted), key=ordinal, reverse=True)
    if surplus and not parallel:
        surplus = [] if any(pods.deleting(p) for p in surplus) else surplus[:1]
    leaving = [p for p in surplus if not pods.deleting(p)]
    if create or leaving or any(n >= wanted for n in by_ordinal):
        return Plan(create, leaving)
    return _update(stateful_set, by_ordinal)


def _update_broken(stateful_set: Object, by_ordinal: dict[int, Object]) -> Plan:
    """A pod of an old template that never became ready is replaced rather than waited for."""
    broken = [
        p
        for p in by_ordinal.values()
        if _outdated(stateful_set, p) and not pods.ready(p) and not pods.deleting(p)
    ]
    return Plan(delete=broken[-1:]) if not any(pods.deleting(p) for p in by_ordinal.values()) else Plan()


def _update(stateful_set: Object, by_ordinal: dict[int, Object]) -> Plan:
    strategy = stateful_set["spec"].get("updateStrategy") or {}
    if strategy.get("type") == "OnDelete" or not all(map(pods.ready, by_ordinal.values())):
        return Plan()
    partition = int((strategy.get("rollingUpdate") or {}).get("partition", 0))
    for number in sorted(by_ordinal, reverse=True):
        if number >= partition and _outdated(stateful_set, by_ordinal[number]):
            gone = pods.deleting(by_ordinal[number])
            return Plan() if gone else Plan(delete=[by_ordinal[number]])
    return Plan()


def _outdated(stateful_set: Object, pod: Object) -> bool:
    return labels_of(pod).get(REVISION) != revision(stateful_set)


def pod_for(stateful_set: Object, number: int) -> Object:
    """The pod of an ordinal, its claims mounted as volumes."""
    name = f"{name_of(stateful_set)}-{number}"
    labels = {REVISION: revision(stateful_set), POD_NAME: name, INDEX: str(number)}
    pod = pods.from_template(stateful_set["spec"]["template"], stateful_set, labels)
    del pod["metadata"]["generateName"]
    pod["metadata"]["name"] = name
    pod["spec"]["hostname"] = name
    pod["spec"]["subdomain"] = stateful_set["spec"].get("serviceName", "")
    claimed = [
        {
            "name": claim["metadata"]["name"],
            "persistentVolumeClaim": {"claimName": name_of(claim_for(claim, pod))},
        }
        for claim in stateful_set["spec"].get("volumeClaimTemplates") or ()
    ]
    names = {volume["name"] for volume in claimed}
    others = [v for v in pod["spec"].get("volumes") or () if v["name"] not in names]
    if claimed or others:
        pod["spec"]["volumes"] = [*others, *claimed]
    return pod


def claim_for(template: Object, pod: Object) -> Object:
    """The claim of one template for one pod; it outlives the pod."""
    metadata = template["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": f"{metadata['name']}-{name_of(pod)}",
            "namespace": namespace_of(pod),
            "labels": metadata.get("labels") or {},
            "annotations": metadata.get("annotations") or {},
        },
        "spec": deepcopy(template["spec"]),
    }


def status(stateful_set: Object, own: Sequence[Object], now: datetime) -> Object:
    """The counts a StatefulSet reports."""
    seconds = int(stateful_set["spec"].get("minReadySeconds", 0))
    live = [p for p in own if not pods.finished(p)]
    updated = [p for p in live if not _outdated(stateful_set, p)]
    wanted = int(stateful_set["spec"].get("replicas", 1))
    old = stateful_set.get("status") or {}
    fresh = revision(stateful_set)
    done = len(updated) == wanted == len(live) and all(map(pods.ready, updated))
    current = fresh if done else old.get("currentRevision") or fresh
    return {
        "observedGeneration": stateful_set["metadata"].get("generation", 1),
        "replicas": len(live),
        "readyReplicas": sum(map(pods.ready, live)),
        "availableReplicas": sum(pods.available(p, seconds, now) for p in live),
        "currentReplicas": sum(labels_of(p).get(REVISION) == current for p in live),
        "updatedReplicas": len(updated),
        "currentRevision": current,
        "updateRevision": fresh,
        "collisionCount": 0,
    }


@dataclass(frozen=True, slots=True)
class StatefulSets:
    """Reconciles every StatefulSet."""

    api: Api
    clock: Clock
    recorder: Recorder
    stateful_sets: Informer
    pods: Informer
    claims: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one StatefulSet."""
        stateful_set = self.stateful_sets.get(key[1], key[0])
        if stateful_set is None or pods.deleting(stateful_set):
            return None
        own = self._own(stateful_set)
        step = plan(stateful_set, own)
        for number in step.create:
            await self._create(stateful_set, number)
        for pod in step.delete:
            try:
                self.pods.take_note(await self.api.delete(POD, name_of(pod), key[0], uid=uid_of(pod)))
            except NotFound:
                continue
            text = f"delete Pod {name_of(pod)} in StatefulSet {key[1]} successful"
            await self.recorder.event(stateful_set, NORMAL, "SuccessfulDelete", text)
        if step.create or step.delete:
            own = self._own(stateful_set)
        fresh = status(stateful_set, own, self.clock.now())
        if not pods.reports(stateful_set, fresh):
            self.stateful_sets.take_note(await self.api.patch_status(STATEFUL_SET, key[1], fresh, key[0]))
        return 1.0 if fresh["availableReplicas"] < fresh["readyReplicas"] else None

    def _own(self, stateful_set: Object) -> list[Object]:
        return pods.owned(self.pods.of(namespace_of(stateful_set)), stateful_set)

    async def _create(self, stateful_set: Object, number: int) -> None:
        pod, name = pod_for(stateful_set, number), name_of(stateful_set)
        for template in stateful_set["spec"].get("volumeClaimTemplates") or ():
            claim = claim_for(template, pod)
            if self.claims.get(name_of(claim), namespace_of(claim)) is not None:
                continue
            try:
                await self.api.create(PERSISTENT_VOLUME_CLAIM, claim)
            except AlreadyExists:
                continue
            text = f"create Claim {name_of(claim)} Pod {name_of(pod)} in StatefulSet {name} success"
            await self.recorder.event(stateful_set, NORMAL, "SuccessfulCreate", text)
        try:
            self.pods.take_note(await self.api.create(POD, pod))
        except AlreadyExists:
            return
        text = f"create Pod {name_of(pod)} in StatefulSet {name} successful"
        await self.recorder.event(stateful_set, NORMAL, "SuccessfulCreate", text)
