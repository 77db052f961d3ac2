"""The writes every level makes: its status when it changed, its finalizer on and off."""

from typing import Any

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, merged
from simulator.controllers.errors import NotFound
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of, version_of

SYNCED = condition("Synced", True, "ReconcileSuccess")
AVAILABLE = condition("Ready", True, "Available")
CREATING = condition("Ready", False, "Creating")
DELETING = condition("Ready", False, "Deleting")


def error(message: str) -> Object:
    return condition("Synced", False, "ReconcileError", message)


class Writer:
    """Writes one kind's status and finalizer."""

    def __init__(self, api: Api, clock: Clock, kind: Kind, finalizer: str) -> None:
        self._api = api
        self._clock = clock
        self._kind = kind
        self._finalizer = finalizer

    async def report(self, obj: Object, *conditions: Object, **fields: Any) -> Object:
        """Put conditions and fields into the status; the object as it is afterwards."""
        old = obj.get("status") or {}
        now = rfc3339(self._clock.now())
        status = {**fields, "conditions": merged(old.get("conditions"), conditions, now)}
        if all(old.get(name) == value for name, value in status.items()):
            return obj
        return await self._api.patch_status(self._kind, name_of(obj), status, namespace_of(obj))

    async def hold(self, obj: Object) -> Object:
        """Keep `obj` from vanishing before what it stands for is gone."""
        held = obj["metadata"].get("finalizers") or []
        if self._finalizer in held:
            return obj
        return await self._finalizers(obj, [*held, self._finalizer])

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
        return await self._api.merge_patch(self._kind, name_of(obj), patch, namespace_of(obj))


def deleting(obj: Object) -> bool:
    return bool(obj["metadata"].get("deletionTimestamp"))
