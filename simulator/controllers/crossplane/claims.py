"""Claims: bind each to its composite, pass its fields down and the composite's state up."""

from dataclasses import dataclass, field

from simulator.clock import Clock, rfc3339
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true
from simulator.controllers.crossplane import connections, kinds, rendering, writing
from simulator.controllers.crossplane.applying import Applied
from simulator.controllers.crossplane.settled import Settled
from simulator.controllers.errors import ApiError, Conflict
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import Object, name_of, namespace_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

FINALIZER = "finalizer.apiextensions.crossplane.io"
MANAGER = "apiextensions.crossplane.io/claim"
WAITING = condition("Ready", False, "Waiting", "Claim is waiting for composite resource to become Ready")
OWN_STATUS = {"conditions", "connectionDetails"}
SECOND_LOOK = 60.0


@dataclass(frozen=True, slots=True)
class Claims:
    """Reconciles the claims of one definition."""

    api: Api
    clock: Clock
    definition: Object
    recorder: Recorder
    claims: Informer
    composites: Informer
    applied: Applied
    settled: Settled = field(default_factory=Settled)

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one claim."""
        claim = self.claims.get(key[1], key[0])
        if claim is None:
            self.settled.forget(key)
            return None
        writer = writing.Writer(self.api, self.clock, self.claims, FINALIZER)
        if await writer.pause(claim, self.recorder):
            return None
        composite = self._bound(claim)
        if writing.deleting(claim):
            return await self._delete(claim, composite, writer)
        claim = await self._bind(claim, writer)
        found = [claim, composite]
        if self.settled.holds(key, found):
            return SECOND_LOOK
        try:
            composite = await self._pass_down(claim, composite)
        except Conflict:
            raise
        except ApiError as exc:
            message = f"cannot apply composite resource: {exc}"
            await self.recorder.event(claim, WARNING, "ConfigureCompositeResource", message)
            await writer.report(claim, writing.error(message))
            raise
        await self._pass_up(claim, composite, writer)
        if not claim["spec"].get("writeConnectionSecretToRef"):
            self.settled.keep(key, found)
        return SECOND_LOOK

    def _bound(self, claim: Object) -> Object | None:
        reference = claim["spec"].get("resourceRef")
        return self.composites.get(reference["name"]) if reference else None

    async def _bind(self, claim: Object, writer: writing.Writer) -> Object:
        """Record the composite's name before it exists, so that no pass can make a second one."""
        if claim["spec"].get("resourceRef"):
            return await writer.hold(claim)
        kind = kinds.composite_kind(self.definition)
        name = f"{name_of(claim)}-{rendering.suffix(str(claim['metadata']['uid']))}"
        reference = {"apiVersion": kind.api_version, "kind": kind.kind, "name": name}
        bound = await writer.hold(claim, {"resourceRef": reference})
        message = "Successfully bound composite resource"
        await self.recorder.event(bound, NORMAL, "BindCompositeResource", message)
        return bound

    async def _pass_down(self, claim: Object, composite: Object | None) -> Object:
        name = claim["spec"]["resourceRef"]["name"]
        wanted = rendering.composite_from(claim, self.definition, name, composite)
        applied = await self.applied.apply(kinds.composite_kind(self.definition), wanted, composite)
        return self.composites.take_note(applied)

    async def _pass_up(self, claim: Object, composite: Object, writer: writing.Writer) -> None:
        status = composite.get("status") or {}
        passed = {name: value for name, value in status.items() if name not in OWN_STATUS}
        if not is_true(composite, "Ready"):
            await writer.report(claim, writing.SYNCED, WAITING, **passed)
            return
        if await connections.propagate(self.api, claim, composite):
            passed["connectionDetails"] = {"lastPublishedTime": rfc3339(self.clock.now())}
            text = "Successfully propagated connection details from composite resource"
            await self.recorder.event(claim, NORMAL, "PropagateConnectionSecret", text)
        await writer.report(claim, writing.SYNCED, writing.AVAILABLE, **passed)

    async def _delete(self, claim: Object, composite: Object | None, writer: writing.Writer) -> float | None:
        claim = await writer.report(claim, writing.DELETING)
        if composite is not None:
            kind = kinds.composite_kind(self.definition)
            if not writing.deleting(composite):
                self.composites.take_note(await self.api.delete(kind, name_of(composite)))
                text = "Successfully deleted composite resource"
                await self.recorder.event(claim, NORMAL, "DeleteCompositeResource", text)
            if claim["spec"].get("compositeDeletePolicy") == "Foreground":
                return 1.0
            self.applied.forget(kind, name_of(composite))
        await writer.release(claim)
        self.applied.forget(self.claims.kind, name_of(claim), namespace_of(claim))
        return None
