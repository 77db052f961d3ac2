"""The loops: definitions start and stop the loops of the kinds they bring, Objects have their own."""

import asyncio
from dataclasses import dataclass, field
from functools import partial

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true
from simulator.controllers.crossplane import definitions, kinds, writing
from simulator.controllers.crossplane.following import Following
from simulator.controllers.crossplane.objects import Objects
from simulator.controllers.crossplane.observing import Observing
from simulator.controllers.crossplane.waking import wake
from simulator.controllers.informer import Change, Informer, Key
from simulator.controllers.kinds import CUSTOM_RESOURCE_DEFINITION, Object, uid_of
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.recorder import NORMAL, Recorder
from simulator.controllers.workqueue import WorkQueue

MANAGER = "apiextensions.crossplane.io/definition"
FINALIZER = "defined.apiextensions.crossplane.io"
CRD_LOOK = 0.3


async def run(api: Api, clock: Clock) -> None:
    """Reconcile until cancelled; the CRDs of Crossplane and provider-kubernetes must be served."""
    async with asyncio.TaskGroup() as group:
        engine = _Engine(api, clock, group)
        group.create_task(engine.run())


@dataclass(frozen=True, slots=True)
class _Loop:
    """The running loops of one definition, and what they were started for."""

    following: Following
    task: "asyncio.Task[None]"
    spec: Object
    uid: str


@dataclass
class _Engine:
    api: Api
    clock: Clock
    group: asyncio.TaskGroup
    loops: dict[str, _Loop] = field(default_factory=dict)

    async def run(self) -> None:
        self.recorder = Recorder(self.api, self.clock, "defined/compositeresourcedefinition")
        provider = Recorder(self.api, self.clock, "managed/object.kubernetes.crossplane.io")
        objects, defined, compositions, configs = (
            Informer(self.api, self.clock, kind)
            for kind in (kinds.OBJECT, kinds.DEFINITION, kinds.COMPOSITION, kinds.PROVIDER_CONFIG)
        )
        self.objects, self.defined, self.compositions = objects, defined, compositions
        observing = Observing(self.api, self.clock, self.group)
        queue: WorkQueue[Key] = WorkQueue(self.clock, self.define, name="definition", workers=1)
        provided = Objects(self.api, self.clock, provider, objects, configs, observing)
        applied: WorkQueue[Key] = WorkQueue(self.clock, provided.reconcile, name="object")
        defined.on_change(lambda change: queue.add(change.key))
        objects.on_change(partial(wake, applied))
        objects.on_change(self._composed)
        compositions.on_change(self._recomposed)
        await reconcile_forever([defined, compositions, objects, configs], queue, applied)

    def _composed(self, change: Change) -> None:
        obj = change.new or change.old
        if obj is not None:
            for loop in self.loops.values():
                loop.following.composed(obj)

    def _recomposed(self, _change: Change) -> None:
        for loop in self.loops.values():
            loop.following.recomposed()

    async def define(self, key: Key) -> float | None:
        """One pass over one definition: its CRDs, its conditions, its loops."""
        definition = self.defined.get(key[1])
        writer = writing.Writer(self.api, self.clock, self.defined, FINALIZER)
        if definition is None or writing.deleting(definition):
            self._stop(key[1])
            if definition is not None:
                await writer.report(definition, *_terminating(definition))
                await writer.release(definition)
            return None
        definition = await writer.hold(definition)
        wanted = [definitions.composite_crd(definition), definitions.claim_crd(definition)]
        live = [
            await self.api.apply(CUSTOM_RESOURCE_DEFINITION, crd, manager=MANAGER) for crd in wanted if crd
        ]
        if not all(is_true(crd, "Established") for crd in live):
            return CRD_LOOK
        fresh = not is_true(definition, "Established")
        self._start(key[1], definition)
        definition = await writer.report(definition, *_watching(definition))
        if fresh:
            await self.recorder.event(
                definition, NORMAL, "EstablishComposite", "Established composite resource"
            )
        return None

    def _start(self, name: str, definition: Object) -> None:
        running = self.loops.get(name)
        if running and running.uid == uid_of(definition) and running.spec == definition["spec"]:
            return
        self._stop(name)
        following = Following(self.api, self.clock, definition, self.compositions, self.objects)
        task = self.group.create_task(following.run(), name=f"definition {name}")
        self.loops[name] = _Loop(following, task, definition["spec"], uid_of(definition))

    def _stop(self, name: str) -> None:
        loop = self.loops.pop(name, None)
        if loop is not None:
            loop.task.cancel()


def _watching(definition: Object) -> list[Object]:
    offered = [condition("Offered", True, "WatchingCompositeResourceClaim")]
    established = condition("Established", True, "WatchingCompositeResource")
    return [established, *(offered if kinds.claim_kind(definition) else [])]


def _terminating(definition: Object) -> list[Object]:
    offered = [condition("Offered", False, "TerminatingCompositeResourceClaim")]
    established = condition("Established", False, "TerminatingCompositeResource")
    return [established, *(offered if kinds.claim_kind(definition) else [])]
