"""Volumes: a claim is bound to the volume made for it, at once by the provisioner of the default class."""

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import (
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    Object,
    annotations_of,
    name_of,
    uid_of,
)
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.workloads import pods

PROVISIONER = "rancher.io/local-path"
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
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
        "metadata": {"name": f"pvc-{uid_of(claim)}", "annotations": {PROVISIONED_BY: PROVISIONER}},
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
    """Binds claims, and makes the volumes of the classes it is the provisioner of."""

    api: Api
    clock: Clock
    recorder: Recorder
    classes: Informer
    volumes: Informer
    claims: Informer

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one claim."""
        claim = self.claims.get(key[1], key[0])
        if claim is None:
            await self._release(key)
            return None
        if pods.deleting(claim) or (claim.get("status") or {}).get("phase") == "Bound":
            return None
        made = next((v for v in self.volumes if _reserved(v, claim)), None)
        if made is None:
            return await self._provision(claim)
        await self._bind(claim, made)
        return None

    async def _provision(self, claim: Object) -> float | None:
        """Make and bind a volume, or say who is to make it."""
        wanted = claim["spec"].get("storageClassName") or DEFAULT_CLASS
        found = self.classes.get(wanted)
        if found is None:
            text = f'storageclass.storage.k8s.io "{wanted}" not found'
            await self.recorder.event(claim, WARNING, "ProvisioningFailed", text)
            return RETRY
        if found["provisioner"] != PROVISIONER:
            text = (
                "Waiting for a volume to be created either by the external provisioner "
                f"'{found['provisioner']}' or manually by the system administrator."
            )
            await self.recorder.event(claim, NORMAL, "ExternalProvisioning", text)
            return None
        volume = volume_for(claim)
        self.volumes.take_note(await self.api.apply(PERSISTENT_VOLUME, volume))
        await self._bind(claim, volume)
        text = f"Successfully provisioned volume {name_of(volume)}"
        await self.recorder.event(claim, NORMAL, "ProvisioningSucceeded", text)
        return None

    async def _release(self, key: Key) -> None:
        """Volumes of a claim that is gone: ours go too, others are for their provisioner to remove."""
        for volume in self.volumes:
            owner = volume["spec"].get("claimRef") or {}
            if (owner.get("namespace"), owner.get("name")) != key:
                continue
            made_by = annotations_of(volume).get(PROVISIONED_BY, PROVISIONER)
            if made_by != PROVISIONER:
                await self.api.patch_status(PERSISTENT_VOLUME, name_of(volume), {"phase": "Released"})
            else:
                await self.api.delete(PERSISTENT_VOLUME, name_of(volume), uid=uid_of(volume))

    async def _bind(self, claim: Object, volume: Object) -> None:
        metadata, name = claim["metadata"], name_of(volume)
        spec = {"volumeName": name, "storageClassName": volume["spec"]["storageClassName"]}
        key = (metadata["namespace"], metadata["name"])
        await self.api.merge_patch(PERSISTENT_VOLUME_CLAIM, key[1], {"spec": spec}, key[0])
        bound = {
            "phase": "Bound",
            "accessModes": volume["spec"]["accessModes"],
            "capacity": volume["spec"]["capacity"],
        }
        self.claims.take_note(await self.api.patch_status(PERSISTENT_VOLUME_CLAIM, key[1], bound, key[0]))
        bound_volume = await self.api.patch_status(PERSISTENT_VOLUME, name, {"phase": "Bound"})
        self.volumes.take_note(bound_volume)


def _reserved(volume: Object, claim: Object) -> bool:
    """Whether the volume was made for this very claim."""
    return (volume["spec"].get("claimRef") or {}).get("uid") == uid_of(claim)
