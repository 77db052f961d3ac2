"""The objects the provider has applied, each kind followed from its first object on."""

import asyncio

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.crossplane.applying import Applied
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of

MANAGER = "provider-kubernetes"


class Observing:
    """Applies manifests, again only where somebody has changed the object since."""

    def __init__(self, api: Api, clock: Clock, group: asyncio.TaskGroup) -> None:
        self._api = api
        self._clock = clock
        self._group = group
        self._informers: dict[Kind, Informer] = {}
        self._applied = Applied(api, MANAGER)

    async def apply(self, kind: Kind, manifest: Object) -> Object:
        """The object as it is; raises ApiError."""
        informer = self._informers.get(kind)
        if informer is None:
            informer = self._informers[kind] = Informer(self._api, self._clock, kind)
            self._group.create_task(informer.run(), name=f"provider {kind.plural}")
        live = informer.get(name_of(manifest), namespace_of(manifest))
        return informer.take_note(await self._applied.apply(kind, manifest, live))

    def seen(self, kind: Kind, manifest: Object) -> Object | None:
        """The object as it was last seen, where its kind is followed."""
        informer = self._informers.get(kind)
        return informer.get(name_of(manifest), namespace_of(manifest)) if informer is not None else None
