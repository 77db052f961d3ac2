"""The live objects of all Applications, each kind followed from the moment it is first needed."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterable

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.argocd.identity import Ref, group_of, owner
from simulator.controllers.argocd.orphans import UNTRACKED
from simulator.controllers.argocd.targets import KindName, kind_name
from simulator.controllers.errors import NotFound
from simulator.controllers.informer import Change, Informer
from simulator.controllers.kinds import NAMESPACE, Kind, Object, version_of

KINDS_SECONDS = 180.0
CATCH_UP_SECONDS = 5.0
"""Wall seconds to wait for an own write to come back through the watch."""


class Cluster:
    """`wake` is called with an Application's name when one of its objects has changed."""

    def __init__(self, api: Api, clock: Clock, group: asyncio.TaskGroup, wake: Callable[[str], None]) -> None:
        self._api = api
        self._clock = clock
        self._group = group
        self._wake = wake
        self._informers: dict[tuple[str, str], Informer] = {}
        self._owned: dict[str, dict[Ref, Object]] = defaultdict(dict)
        self._written: dict[tuple[str, str], str] = {}
        self._everything: float | None = None

    async def kinds(self, objects: Iterable[Object]) -> dict[KindName, Kind | None]:
        """Where each kind is served; None for those the cluster does not know."""
        found: dict[KindName, Kind | None] = {}
        for name in {kind_name(obj) for obj in objects}:
            try:
                found[name] = await self._api.resource(*name)
            except NotFound:
                found[name] = None
        return found

    async def follow(self, kinds: Iterable[Kind]) -> None:
        """Have the live objects of these kinds at hand; returns when they are."""
        wanted = [self._informer(kind) for kind in kinds]
        for informer in wanted:
            await informer.synced.wait()

    async def follow_namespaced(self) -> None:
        """Have everything of namespaces at hand; kinds are looked for anew every few minutes."""
        now = self._clock.monotonic()
        if self._everything is None or now - self._everything >= KINDS_SECONDS:
            self._everything = now
            kinds = await self._api.followable()
            await self.follow(
                kind for kind in kinds if kind.namespaced and (kind.group, kind.kind) not in UNTRACKED
            )

    def nobodys(self, namespace: str) -> list[Ref]:
        """What of the kinds that are followed no Application owns there, nor any other object."""
        objects = (obj for informer in self._informers.values() for obj in informer.of(namespace))
        return [
            Ref.of(obj)
            for obj in objects
            if owner(obj) is None and not obj["metadata"].get("ownerReferences")
        ]

    def _informer(self, kind: Kind) -> Informer:
        key = (kind.group, kind.kind)
        if key not in self._informers:
            informer = Informer(self._api, self._clock, kind)
            informer.on_change(self._changed)
            self._informers[key] = informer
            self._group.create_task(informer.run(), name=f"argocd-{kind.plural}")
        return self._informers[key]

    async def live(self, application: str, targets: Iterable[Object]) -> dict[Ref, Object]:
        """What an Application owns, and what stands in the place of its targets."""
        await self._catch_up()
        found = dict(self._owned.get(application, {}))
        for target in targets:
            ref = Ref.of(target)
            obj = self._get(ref)
            if obj is not None:
                found[ref] = obj
        return found

    def namespace_exists(self, name: str) -> bool:
        return not name or self._get(Ref("", "Namespace", "", name)) is not None

    async def follow_namespaces(self) -> None:
        await self.follow([NAMESPACE])

    def wrote(self, obj: Object) -> None:
        """Take note of an own write, so that the next look at the cluster does not miss it."""
        if "resourceVersion" in obj.get("metadata", {}):
            self._written[(group_of(obj), str(obj["kind"]))] = version_of(obj)

    async def _catch_up(self) -> None:
        behind = [
            self._informers[key].caught_up(version)
            for key, version in self._written.items()
            if key in self._informers and not self._informers[key].has_seen(version)
        ]
        if not behind:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP_SECONDS):
                await asyncio.gather(*behind)

    def _get(self, ref: Ref) -> Object | None:
        informer = self._informers.get((ref.group, ref.kind))
        return informer.get(ref.name, ref.namespace) if informer is not None else None

    def _changed(self, change: Change) -> None:
        for obj, present in ((change.old, False), (change.new, True)):
            application = owner(obj) if obj is not None else None
            if obj is None or application is None:
                continue
            if present:
                self._owned[application][Ref.of(obj)] = obj
            else:
                self._owned[application].pop(Ref.of(obj), None)
            self._wake(application)
