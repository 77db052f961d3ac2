"""Volumes of the node in a real cluster, whose own provisioner would start a pod on the node to make one.

The cluster's volume controller binds what is made here; the embedded cluster binds and makes volumes itself.
"""

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    STORAGE_CLASS,
    Object,
    annotations_of,
    labels_of,
    name_of,
    uid_of,
)
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.workqueue import WorkQueue

PROVISIONER = "rehearsal.zerotouch.dev/node"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


async def run(api: Api, clock: Clock, storage_class: Object) -> None:
    """Make the volume of every claim of `storage_class`, and remove it when its claim is gone."""
    await api.apply(STORAGE_CLASS, storage_class)
    claims, volumes = Informer(api, clock, PERSISTENT_VOLUME_CLAIM), Informer(api, clock, PERSISTENT_VOLUME)
    maker = _Maker(api, name_of(storage_class), labels_of(storage_class), claims)
    making = WorkQueue(clock, maker.make, name="claim")
    removing = WorkQueue(clock, maker.remove, name="volume")
    claims.on_change(lambda change: making.add(change.key))
    volumes.on_change(lambda change: removing.add(change.key))
    await reconcile_forever((claims, volumes), making, removing)


def storage_class(name: str) -> Object:
    """The class whose volumes are directories of this machine; it retains nothing."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def volume_for(claim: Object, storage_class: str) -> Object:
    """The volume made for `claim`, bound to nothing else."""
    metadata, spec = claim["metadata"], claim["spec"]
    reference = {key: metadata[key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{uid_of(claim)}", "annotations": {PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": storage_class,
            "volumeMode": "Filesystem",
            "hostPath": {"path": f"/{metadata['namespace']}/{metadata['name']}", "type": "DirectoryOrCreate"},
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **reference},
        },
    }


@dataclass(frozen=True, slots=True)
class _Maker:
    api: Api
    storage_class: str
    labels: dict[str, str]
    claims: Informer

    async def make(self, key: Key) -> None:
        """One pass over one claim; that of another class is somebody else's."""
        claim = await self.api.find(PERSISTENT_VOLUME_CLAIM, key[1], key[0])
        if claim is None or claim["metadata"].get("deletionTimestamp"):
            return
        spec = claim["spec"]
        if spec.get("storageClassName") == self.storage_class and not spec.get("volumeName"):
            volume = volume_for(claim, self.storage_class)
            volume["metadata"]["labels"] = self.labels
            await self.api.apply(PERSISTENT_VOLUME, volume)

    async def remove(self, key: Key) -> None:
        """One pass over one volume; it goes when the cluster has released it."""
        volume = await self.api.find(PERSISTENT_VOLUME, key[1])
        if volume is None or annotations_of(volume).get(PROVISIONED_BY) != PROVISIONER:
            return
        if (volume.get("status") or {}).get("phase") == "Released":
            try:
                await self.api.delete(PERSISTENT_VOLUME, key[1], uid=uid_of(volume))
            except NotFound:
                return
