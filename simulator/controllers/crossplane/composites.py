"""Composites: choose a Composition, apply what it composes, and report how ready that is."""

from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition
from simulator.controllers.crossplane import kinds, rendering, writing
from simulator.controllers.errors import ApiError, Conflict
from simulator.controllers.informer import Key
from simulator.controllers.kinds import Kind, Object, name_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder

FINALIZER = "composite.apiextensions.crossplane.io"
MANAGER = "apiextensions.crossplane.io/composed"
SECOND_LOOK = 60.0
RETRY = 5.0


@dataclass(frozen=True, slots=True)
class Composites:
    """Reconciles the composites of one definition."""

    api: Api
    clock: Clock
    definition: Object
    kind: Kind
    recorder: Recorder

    async def reconcile(self, key: Key) -> float | None:
        """One pass over one composite."""
        composite = await self.api.find(self.kind, key[1])
        if composite is None:
            return None
        writer = writing.Writer(self.api, self.clock, self.kind, FINALIZER)
        if writing.deleting(composite):
            composite = await writer.report(composite, writing.DELETING)
            await writer.release(composite)
            return None
        composite = await writer.hold(composite)
        try:
            composition = await self._select(composite)
            composite = await self._record_composition(composite, composition)
            resources = rendering.rendered(composite, composition)
            composite = await self._record_resources(composite, resources)
            live = [await self._apply(resource) for resource in resources]
            status = rendering.reported(composite, composition, resources, live)
        except rendering.CompositionError as error:
            await self.recorder.event(composite, WARNING, "ComposeResources", str(error))
            await writer.report(composite, writing.error(str(error)), writing.CREATING)
            return RETRY
        status.pop("conditions", None)
        unready = [r.name for r, o in zip(resources, live, strict=True) if not rendering.ready(r, o)]
        if unready:
            ready = condition("Ready", False, "Creating", rendering.unready_text(unready))
        else:
            ready = writing.AVAILABLE
        await writer.report(composite, writing.SYNCED, ready, **status)
        return SECOND_LOOK

    async def _select(self, composite: Object) -> Object:
        compositions = await self.api.list(kinds.COMPOSITION)
        return rendering.selected(composite, self.definition, compositions.items)

    async def _record_composition(self, composite: Object, composition: Object) -> Object:
        reference = {"name": name_of(composition)}
        if composite["spec"].get("compositionRef") == reference:
            return composite
        patch = {"spec": {"compositionRef": reference}}
        message = f"Selected composition: {name_of(composition)}"
        await self.recorder.event(composite, NORMAL, "SelectComposition", message)
        return await self.api.merge_patch(self.kind, name_of(composite), patch)

    async def _record_resources(self, composite: Object, resources: list[rendering.Composed]) -> Object:
        """References come before the resources, so that nothing composed can be lost sight of."""
        references = [
            {
                "apiVersion": resource.desired["apiVersion"],
                "kind": resource.desired["kind"],
                "name": name_of(resource.desired),
            }
            for resource in resources
        ]
        if composite["spec"].get("resourceRefs") == references:
            return composite
        patch = {"spec": {"resourceRefs": references}}
        return await self.api.merge_patch(self.kind, name_of(composite), patch)

    async def _apply(self, resource: rendering.Composed) -> Object:
        desired = resource.desired
        try:
            kind = await self.api.resource(desired["apiVersion"], desired["kind"])
            return await self.api.apply(kind, desired, manager=MANAGER)
        except Conflict:
            raise
        except ApiError as error:
            raise rendering.CompositionError(
                f'cannot compose resources: cannot apply composed resource "{resource.name}": {error}'
            ) from error
