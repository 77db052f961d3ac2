"""provider-kubernetes: an Object applies the manifest it holds, and says how that went."""

from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, is_true
from simulator.controllers.crossplane import writing
from simulator.controllers.crossplane.observing import Observing
from simulator.controllers.crossplane.settled import Settled
from simulator.controllers.errors import ApiError, Conflict, NotFound
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

FINALIZER = "finalizer.managedresource.crossplane.io"
SECOND_LOOK = 60.0
KEPT = {"Orphan"}
UNAVAILABLE = condition("Ready", False, "Unavailable")


@dataclass(frozen=True, slots=True)
class Objects:
    """Reconciles every Object of the cluster."""

    api: Api
    clock: Clock
    recorder: Recorder
    objects: Informer
    configs: Informer
    observing: Observing
    settled: Settled = field(default_factory=Settled)

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one Object."""
        obj = self.objects.get(key[1])
        if obj is None:
            self.settled.forget(key)
            return None
        writer = writing.Writer(self.api, self.clock, self.objects, FINALIZER)
        if await writer.pause(obj, self.recorder):
            return None
        if writing.deleting(obj):
            return await self._delete(obj, writer)
        obj = await writer.hold(obj)
        try:
            config = self._configured(obj)
            kind, manifest = await self._wanted(obj)
            found = [obj, config, self.observing.seen(kind, manifest)]
            if self.settled.holds(key, found):
                return SECOND_LOOK
            live = await self._apply(kind, manifest)
        except Conflict:
            raise
        except ApiError as error:
            first = find(obj, "Ready") is None
            await self.recorder.event(obj, WARNING, "CannotCreateExternalResource", error.message)
            await writer.report(obj, writing.error(error.message), *([writing.CREATING] if first else []))
            raise
        if not (obj.get("status") or {}).get("atProvider"):
            message = "Successfully requested creation of external resource"
            await self.recorder.event(obj, NORMAL, "CreatedExternalResource", message)
        observed = {"manifest": _without_values(live)}
        await writer.report(obj, writing.SYNCED, _readiness(obj, live), atProvider=observed)
        self.settled.keep(key, found)
        return SECOND_LOOK

    def _configured(self, obj: Object) -> Object:
        name = (obj["spec"].get("providerConfigRef") or {}).get("name", "default")
        config = self.configs.get(name)
        if config is None:
            raise NotFound(
                404,
                "NotFound",
                "connect failed: cannot get referenced ProviderConfig: "
                f'ProviderConfig.kubernetes.crossplane.io "{name}" not found',
            )
        return config

    async def _wanted(self, obj: Object) -> tuple[Kind, Object]:
        """The manifest an Object holds, with its name, and where its kind is served."""
        manifest = obj["spec"]["forProvider"]["manifest"]
        manifest = {**manifest, "metadata": {"name": name_of(obj), **(manifest.get("metadata") or {})}}
        return await self._kind(manifest), manifest

    async def _apply(self, kind: Kind, manifest: Object) -> Object:
        try:
            return await self.observing.apply(kind, manifest)
        except Conflict:
            raise
        except ApiError as error:
            message = f"create failed: cannot create object: {error.message}"
            raise type(error)(error.status, error.reason, message) from error

    async def _kind(self, manifest: Object) -> Kind:
        return await self.api.resource(manifest["apiVersion"], manifest["kind"])

    async def _delete(self, obj: Object, writer: writing.Writer) -> float | None:
        obj = await writer.report(obj, writing.DELETING)
        if obj["spec"].get("deletionPolicy", "Delete") not in KEPT and await self._still_there(obj):
            return 0.5
        await writer.release(obj)
        return None

    async def _still_there(self, obj: Object) -> bool:
        manifest = obj["spec"]["forProvider"]["manifest"]
        name = str((manifest.get("metadata") or {}).get("name") or name_of(obj))
        try:
            kind = await self._kind(manifest)
            live = await self.api.get(kind, name, namespace_of({"metadata": {}, **manifest}))
            if not writing.deleting(live):
                await self.api.delete(kind, name, namespace_of(live), propagation="Background")
                message = "Successfully requested deletion of external resource"
                await self.recorder.event(obj, NORMAL, "DeletedExternalResource", message)
        except NotFound:
            return False
        return True


def _readiness(obj: Object, live: Object) -> Object:
    policy = (obj["spec"].get("readiness") or {}).get("policy", "SuccessfulCreate")
    if policy == "SuccessfulCreate":
        return writing.AVAILABLE
    if policy == "AllTrue":
        conditions = (live.get("status") or {}).get("conditions") or []
        good = bool(conditions) and all(c.get("status") == "True" for c in conditions)
    else:
        good = is_true(live, "Ready")
    return writing.AVAILABLE if good else UNAVAILABLE


def _without_values(live: Object) -> Object:
    """The live manifest as it is shown in the status, which holds no Secret's values."""
    shown = {key: value for key, value in live.items() if key not in {"data", "stringData"}}
    if live["kind"] != "Secret":
        shown = dict(live)
    metadata = {key: value for key, value in live["metadata"].items() if key != "managedFields"}
    return {**shown, "metadata": metadata}
