"""Composites: choose a Composition, apply what it composes, and report how ready that is."""

from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition
from simulator.controllers.crossplane import connections, kinds, rendering, writing
from simulator.controllers.crossplane.applying import Applied
from simulator.controllers.crossplane.settled import Settled
from simulator.controllers.errors import ApiError, Conflict
from simulator.controllers.informer import Informer, Key
from simulator.controllers.kinds import Kind, Object, name_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

FINALIZER = "composite.apiextensions.crossplane.io"
MANAGER = "apiextensions.crossplane.io/composed"
SECOND_LOOK = 60.0
RETRY = 5.0


@dataclass(frozen=True, slots=True)
class Composites:
    """Reconciles the composites of one definition; `objects` are what most of them compose."""

    api: Api
    clock: Clock
    definition: Object
    recorder: Recorder
    composites: Informer
    compositions: Informer
    objects: Informer
    applied: Applied
    settled: Settled = field(default_factory=Settled)

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one composite."""
        composite = self.composites.get(key[1])
        if composite is None:
            self.settled.forget(key)
            return None
        writer = writing.Writer(self.api, self.clock, self.composites, FINALIZER)
        if await writer.pause(composite, self.recorder):
            return None
        if writing.deleting(composite):
            composite = await writer.report(composite, writing.DELETING)
            await writer.release(composite)
            return None
        try:
            await self._compose(composite, writer)
        except rendering.CompositionError as error:
            await self.recorder.event(composite, WARNING, error.reason, str(error))
            seen = self.composites.get(key[1]) or composite
            await writer.report(seen, writing.error(str(error)), writing.CREATING)
            return RETRY
        return SECOND_LOOK

    async def _compose(self, composite: Object, writer: writing.Writer) -> None:
        """What is composed is named before it is made, so that nothing can be lost sight of."""
        try:
            composition = rendering.selected(composite, self.definition, list(self.compositions))
        except rendering.CompositionError:
            await writer.hold(composite)
            raise
        key = ("", name_of(composite))
        found = [composite, composition, *self._composed(composite)]
        if self.settled.holds(key, found):
            return
        chosen: Object = {"compositionRef": {"name": name_of(composition)}}
        secret = connections.secret_of(composite, composition)
        if secret is not None:
            chosen["writeConnectionSecretToRef"] = secret
        first = composite["spec"].get("compositionRef") != chosen["compositionRef"]
        resources = rendering.rendered(_with(composite, chosen), composition)
        chosen["resourceRefs"] = [_reference(resource.desired) for resource in resources]
        composite = await writer.hold(composite, chosen)
        if first:
            message = f"Selected composition: {name_of(composition)}"
            await self.recorder.event(composite, NORMAL, "SelectComposition", message)
        live = [await self._apply(resource) for resource in resources]
        pairs = list(zip(resources, live, strict=True))
        data = await connections.details(self.api, pairs)
        await connections.publish(self.api, self.definition, composite, data)
        status = rendering.reported(composite, composition, resources, live)
        status.pop("conditions", None)
        unready = [resource.name for resource, obj in pairs if not rendering.ready(resource, obj)]
        text = rendering.unready_text(unready)
        ready = condition("Ready", False, "Creating", text) if unready else writing.AVAILABLE
        await writer.report(composite, writing.SYNCED, ready, **status)
        if secret is None:
            self.settled.keep(key, found)

    def _composed(self, composite: Object) -> list[Object | None]:
        """What it is composed of, None for what is not followed."""
        return [
            self.objects.get(reference["name"]) if reference["kind"] == kinds.OBJECT.kind else None
            for reference in composite["spec"].get("resourceRefs") or ()
        ]

    async def _apply(self, resource: rendering.Composed) -> Object:
        desired = resource.desired
        try:
            kind = await self.api.resource(desired["apiVersion"], desired["kind"])
            live = await self.applied.apply(kind, desired, self._seen(kind, name_of(desired)))
        except Conflict:
            raise
        except ApiError as error:
            raise rendering.CompositionError(
                f'cannot compose resources: cannot apply composed resource "{resource.name}": {error}'
            ) from error
        return self.objects.take_note(live) if kind == kinds.OBJECT else live

    def _seen(self, kind: Kind, name: str) -> Object | None:
        return self.objects.get(name) if kind == kinds.OBJECT else None


def _with(composite: Object, spec: Object) -> Object:
    return {**composite, "spec": {**composite["spec"], **spec}}


def _reference(desired: Object) -> Object:
    return {"apiVersion": desired["apiVersion"], "kind": desired["kind"], "name": name_of(desired)}
