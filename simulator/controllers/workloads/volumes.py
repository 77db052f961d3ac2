"""The provisioner: a claim of the one storage class is bound at once."""

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import PERSISTENT_VOLUME_CLAIM, Kind, Object, core, uid_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import pods

STORAGE_CLASS = Kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", namespaced=False)
PERSISTENT_VOLUME = core("PersistentVolume", "persistentvolumes", namespaced=False)
PROVISIONER = "rancher.io/local-path"
DEFAULT_CLASS = "local-path"
RETRY = 15.0


def default_class() -> Object:
    """The class every claim gets that names none; it retains nothing."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": DEFAULT_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }


def volume_for(claim: Object) -> Object:
    """The volume a claim is bound to."""
    metadata, spec = claim["metadata"], claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{uid_of(claim)}"},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec.get("accessModes") or ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": spec.get("storageClassName") or DEFAULT_CLASS,
            "volumeMode": "Filesystem",
            "hostPath": {"path": f"/{metadata['namespace']}/{metadata['name']}", "type": "DirectoryOrCreate"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
        },
    }


@dataclass(frozen=True, slots=True)
class Provisioner:
    """Binds claims."""

    api: Api
    clock: Clock
    recorder: Recorder
    classes: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one claim."""
        claim = await self.api.find(PERSISTENT_VOLUME_CLAIM, key[1], key[0])
        if claim is None or pods.deleting(claim):
            return None
        if (claim.get("status") or {}).get("phase") == "Bound":
            return None
        wanted = claim["spec"].get("storageClassName") or DEFAULT_CLASS
        if self.classes.get(wanted) is None:
            text = f'storageclass.storage.k8s.io "{wanted}" not found'
            await self.recorder.event(claim, WARNING, "ProvisioningFailed", text)
            return RETRY
        volume = volume_for(claim)
        await self.api.apply(PERSISTENT_VOLUME, volume)
        name = volume["metadata"]["name"]
        spec = {"volumeName": name, "storageClassName": wanted}
        await self.api.merge_patch(PERSISTENT_VOLUME_CLAIM, key[1], {"spec": spec}, key[0])
        bound = {
            "phase": "Bound",
            "accessModes": volume["spec"]["accessModes"],
            "capacity": volume["spec"]["capacity"],
        }
        await self.api.patch_status(PERSISTENT_VOLUME_CLAIM, key[1], bound, key[0])
        await self.api.patch_status(PERSISTENT_VOLUME, name, {"phase": "Bound"})
        text = f"Successfully provisioned volume {name}"
        await self.recorder.event(claim, NORMAL, "ProvisioningSucceeded", text)
        return None
