"""The writes every level makes: its status when it changed, its finalizer on and off."""

from typing import Any

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, find, merged
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Object, annotations_of, name_of, namespace_of, version_of
from simulator.controllers.recorder import NORMAL, Recorder

SYNCED = condition("Synced", True, "ReconcileSuccess")
AVAILABLE = condition("Ready", True, "Available")
CREATING = condition("Ready", False, "Creating")
DELETING = condition("Ready", False, "Deleting")
PAUSED_BY = "crossplane.io/paused"
PAUSED_TEXT = "Reconciliation (including deletion) is paused via the pause annotation"
PAUSED = condition("Synced", False, "ReconcilePaused", PAUSED_TEXT)


def error(message: str) -> Object:
    return condition("Synced", False, "ReconcileError", message)


class Writer:
    """Writes one kind's status and finalizer."""

    def __init__(self, api: Api, clock: Clock, seen: Informer, finalizer: str) -> None:
        """`seen` is told of every write."""
        self._api = api
        self._clock = clock
        self._seen = seen
        self._kind = seen.kind
        self._finalizer = finalizer

    async def report(self, obj: Object, *conditions: Object, **fields: Any) -> Object:
        """Put conditions and fields into the status; the object as it is afterwards."""
        old = obj.get("status") or {}
        now = rfc3339(self._clock.now())
        status = {**fields, "conditions": merged(old.get("conditions"), conditions, now)}
        if all(old.get(name) == value for name, value in status.items()):
            return obj
        written = await self._api.patch_status(self._kind, name_of(obj), status, namespace_of(obj))
        return self._seen.take_note(written)

    async def pause(self, obj: Object, recorder: Recorder) -> bool:
        """Whether `obj` is to be left alone; it says so then."""
        if annotations_of(obj).get(PAUSED_BY) != "true":
            return False
        if not _says(obj, PAUSED):
            await recorder.event(obj, NORMAL, "ReconciliationPaused", PAUSED_TEXT)
        await self.report(obj, PAUSED)
        return True

    async def patch(self, obj: Object, patch: Object) -> Object:
        """The object after a merge patch."""
        return self._seen.take_note(
            await self._api.merge_patch(self._kind, name_of(obj), patch, namespace_of(obj))
        )

    async def hold(self, obj: Object, spec: Object | None = None) -> Object:
        """Keep `obj` from vanishing before what it stands for is gone, and have its `spec` say this too."""
        held = obj["metadata"].get("finalizers") or []
        patch: Object = {}
        if self._finalizer not in held:
            finalizers = [*held, self._finalizer]
            patch["metadata"] = {"finalizers": finalizers, "resourceVersion": version_of(obj)}
        if spec and any(obj["spec"].get(name) != value for name, value in spec.items()):
            patch["spec"] = spec
        return await self.patch(obj, patch) if patch else obj

    async def release(self, obj: Object) -> None:
        """Let `obj` go."""
        held = obj["metadata"].get("finalizers") or []
        if self._finalizer in held:
            try:
                await self._finalizers(obj, [name for name in held if name != self._finalizer])
            except NotFound:
                return

    async def _finalizers(self, obj: Object, names: list[str]) -> Object:
        patch = {"metadata": {"finalizers": names, "resourceVersion": version_of(obj)}}
        return await self.patch(obj, patch)


def _says(obj: Object, verdict: Object) -> bool:
    found = find(obj, verdict["type"]) or {}
    return bool(found.get("reason") == verdict["reason"])


def deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))
