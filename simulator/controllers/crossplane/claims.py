"""Claims: bind each to its composite, pass its fields down and the composite's state up."""

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true
from simulator.controllers.crossplane import kinds, rendering, writing
from simulator.controllers.errors import ApiError, Conflict, Invalid, NotFound
from simulator.controllers.informer import Key
from simulator.controllers.kinds import Kind, Object, name_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

FINALIZER = "finalizer.apiextensions.crossplane.io"
WAITING = condition("Ready", False, "Waiting", "Claim is waiting for composite resource to become Ready")
OWN_STATUS = {"conditions", "connectionDetails"}
SECOND_LOOK = 60.0


@dataclass(frozen=True, slots=True)
class Claims:
    """Reconciles the claims of one definition."""

    api: Api
    clock: Clock
    definition: Object
    kind: Kind
    recorder: Recorder

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one claim."""
        namespace, name = key
        claim = await self.api.find(self.kind, name, namespace)
        if claim is None:
            return None
        writer = writing.Writer(self.api, self.clock, self.kind, FINALIZER)
        composite = await self._bound(claim)
        if writing.deleting(claim):
            return await self._delete(claim, composite, writer)
        claim = await writer.hold(claim)
        claim = await self._bind(claim)
        try:
            composite = await self._pass_down(claim, composite)
        except Conflict:
            raise
        except (Invalid, NotFound, ApiError) as exc:
            message = f"cannot apply composite resource: {exc}"
            await self.recorder.event(claim, WARNING, "ConfigureCompositeResource", message)
            await writer.report(claim, writing.error(message))
            raise
        ready = writing.AVAILABLE if is_true(composite, "Ready") else WAITING
        passed = {k: v for k, v in (composite.get("status") or {}).items() if k not in OWN_STATUS}
        await writer.report(claim, writing.SYNCED, ready, **passed)
        return SECOND_LOOK

    async def _bound(self, claim: Object) -> Object | None:
        reference = claim["spec"].get("resourceRef")
        if not reference:
            return None
        return await self.api.find(kinds.composite_kind(self.definition), reference["name"])

    async def _bind(self, claim: Object) -> Object:
        """Record the composite's name before it exists, so that no pass can make a second one."""
        if claim["spec"].get("resourceRef"):
            return claim
        kind = kinds.composite_kind(self.definition)
        name = f"{name_of(claim)}-{rendering.suffix(str(claim['metadata']['uid']))}"
        reference = {"apiVersion": kind.api_version, "kind": kind.kind, "name": name}
        patch = {"spec": {"resourceRef": reference}}
        bound = await self.api.merge_patch(self.kind, name_of(claim), patch, claim["metadata"]["namespace"])
        message = "Successfully bound composite resource"
        await self.recorder.event(bound, NORMAL, "BindCompositeResource", message)
        return bound

    async def _pass_down(self, claim: Object, composite: Object | None) -> Object:
        name = claim["spec"]["resourceRef"]["name"]
        wanted = rendering.composite_from(claim, self.definition, name, composite)
        kind = kinds.composite_kind(self.definition)
        return await self.api.apply(kind, wanted, manager="apiextensions.crossplane.io/claim")

    async def _delete(self, claim: Object, composite: Object | None, writer: writing.Writer) -> float | None:
        claim = await writer.report(claim, writing.DELETING)
        if composite is not None:
            if not writing.deleting(composite):
                await self.api.delete(kinds.composite_kind(self.definition), name_of(composite))
            if claim["spec"].get("compositeDeletePolicy") == "Foreground":
                return 1.0
        await writer.release(claim)
        return None
