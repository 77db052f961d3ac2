"""Which change wakes which controller."""

from collections.abc import Awaitable
from functools import partial
from typing import Protocol

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.informer import Change, Informer, Key
from simulator.controllers.kinds import (
    CRON_JOB,
    DEPLOYMENT,
    ENDPOINTS,
    JOB,
    LEASE,
    NODE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    name_of,
    namespace_of,
)
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.recorder import Recorder
from simulator.controllers.workloads import pods, volumes
from simulator.controllers.workloads.cron_jobs import CronJobs
from simulator.controllers.workloads.deployments import Deployments
from simulator.controllers.workloads.endpoints import Endpoints
from simulator.controllers.workloads.jobs import Jobs
from simulator.controllers.workloads.nodes import Nodes
from simulator.controllers.workloads.replica_sets import ReplicaSets
from simulator.controllers.workloads.scheduler import Scheduler
from simulator.controllers.workloads.stateful_sets import StatefulSets
from simulator.controllers.workloads.volumes import Provisioner
from simulator.controllers.workqueue import WorkQueue

PATIENCE = 5.0
GATHER_SECONDS = 0.1
"""What becomes of several pods of an owner or a Service in quick succession is looked at once."""


async def run(api: Api, clock: Clock, *, scheduling: bool = True, patience: float = PATIENCE) -> None:
    """Reconcile workloads, volume claims, bindings of pods to nodes, nodes and Endpoints until cancelled.

    Without `scheduling` pods are bound to no node, and nobody says why. `patience` is how many real seconds a
    node may be silent at least, however fast the clock is.
    """
    await api.apply(STORAGE_CLASS, volumes.default_class())
    watched = {
        kind.kind: Informer(api, clock, kind)
        for kind in (
            DEPLOYMENT,
            REPLICA_SET,
            STATEFUL_SET,
            JOB,
            CRON_JOB,
            LEASE,
            POD,
            SERVICE,
            ENDPOINTS,
            NODE,
            PERSISTENT_VOLUME_CLAIM,
            PERSISTENT_VOLUME,
            STORAGE_CLASS,
        )
    }
    queues = _queues(api, clock, watched, patience)
    if not scheduling:
        del queues["Pod"], queues["Node"]
    for kind, queue in queues.items():
        if kind in watched:
            watched[kind].on_change(partial(_wake, queue))
    _wire_owners(watched, queues)
    _wire_services(watched, queues)
    if scheduling:
        _wire_scheduling(watched, queues)
    _wire_volumes(watched, queues)
    await reconcile_forever(watched.values(), *queues.values())


class _Controller(Protocol):
    def reconcile(self, key: Key, /) -> Awaitable[float | None]: ...


def _queues(
    api: Api, clock: Clock, watched: dict[str, Informer], patience: float
) -> dict[str, WorkQueue[Key]]:
    def recorder(component: str) -> Recorder:
        return Recorder(api, clock, component)

    controllers: dict[str, _Controller] = {
        "Deployment": Deployments(
            api, clock, recorder("deployment-controller"), watched["Deployment"], watched["ReplicaSet"]
        ),
        "ReplicaSet": ReplicaSets(
            api, clock, recorder("replicaset-controller"), watched["ReplicaSet"], watched["Pod"]
        ),
        "StatefulSet": StatefulSets(
            api,
            clock,
            recorder("statefulset-controller"),
            watched["StatefulSet"],
            watched["Pod"],
            watched["PersistentVolumeClaim"],
        ),
        "CronJob": CronJobs(api, clock, recorder("cronjob-controller"), watched["CronJob"], watched["Job"]),
        "Node": Nodes(
            api,
            clock,
            recorder("node-controller"),
            watched["Node"],
            watched["Lease"],
            watched["Pod"],
            patience,
        ),
        "Job": Jobs(api, clock, recorder("job-controller"), watched["Job"], watched["Pod"]),
        "Pod": Scheduler(
            api,
            clock,
            recorder("default-scheduler"),
            watched["Node"],
            watched["PersistentVolumeClaim"],
            watched["Pod"],
        ),
        "PersistentVolumeClaim": Provisioner(
            api,
            clock,
            recorder(volumes.PROVISIONER),
            watched["StorageClass"],
            watched["PersistentVolume"],
            watched["PersistentVolumeClaim"],
        ),
        "Service": Endpoints(api, watched["Service"], watched["Endpoints"], watched["Pod"]),
    }
    return {
        kind: WorkQueue(clock, controller.reconcile, name=kind.lower())
        for kind, controller in controllers.items()
    }


def _wake(queue: WorkQueue[Key], change: Change) -> None:
    queue.add(change.key)


def _wire_owners(watched: dict[str, Informer], queues: dict[str, WorkQueue[Key]]) -> None:
    """A change of what is owned wakes its controlling owner."""

    def wake_owner(change: Change) -> None:
        for obj in (change.old, change.new):
            owner = pods.controller_of(obj) if obj is not None else None
            if owner is not None and owner["kind"] in queues:
                queues[owner["kind"]].add_after((change.key[0], owner["name"]), GATHER_SECONDS)

    for kind in ("Pod", "ReplicaSet", "Job"):
        watched[kind].on_change(wake_owner)


def _wire_scheduling(watched: dict[str, Informer], queues: dict[str, WorkQueue[Key]]) -> None:
    """Nodes and claims wake pods that wait."""

    def wake_pending(_change: Change) -> None:
        for pod in watched["Pod"]:
            if not pod["spec"].get("nodeName"):
                queues["Pod"].add((namespace_of(pod), name_of(pod)))

    watched["Node"].on_change(wake_pending)
    watched["PersistentVolumeClaim"].on_change(wake_pending)


def _wire_services(watched: dict[str, Informer], queues: dict[str, WorkQueue[Key]]) -> None:
    """Pods wake the Services that pick them, or did so before."""

    def wake_services(change: Change) -> None:
        states = [pod for pod in (change.old, change.new) if pod is not None]
        for service in watched["Service"].of(change.key[0]):
            selector = service["spec"].get("selector") or {}
            if any(pods.matches(selector, pod) for pod in states):
                queues["Service"].add_after((change.key[0], name_of(service)), GATHER_SECONDS)

    watched["Pod"].on_change(wake_services)


def _wire_volumes(watched: dict[str, Informer], queues: dict[str, WorkQueue[Key]]) -> None:
    """A class wakes every claim, a volume the claim it was made for."""

    def wake_claims(_change: Change) -> None:
        for claim in watched["PersistentVolumeClaim"]:
            queues["PersistentVolumeClaim"].add((namespace_of(claim), name_of(claim)))

    def wake_claim(change: Change) -> None:
        claim = ((change.new or {}).get("spec") or {}).get("claimRef")
        if claim is not None:
            queues["PersistentVolumeClaim"].add((claim["namespace"], claim["name"]))

    watched["StorageClass"].on_change(wake_claims)
    watched["PersistentVolume"].on_change(wake_claim)
