"""The loops: definitions start and stop the loops of the kinds they bring, Objects have their own."""

import asyncio
from dataclasses import dataclass, field

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.conditions import condition, is_true
from simulator.controllers.crossplane import definitions, kinds, writing
from simulator.controllers.crossplane.claims import Claims
from simulator.controllers.crossplane.composites import Composites
from simulator.controllers.crossplane.objects import Objects
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
        self.objects = Informer(self.api, self.clock, kinds.OBJECT)
        defined = Informer(self.api, self.clock, kinds.DEFINITION)
        self.compositions = Informer(self.api, self.clock, kinds.COMPOSITION)
        queue: WorkQueue[Key] = WorkQueue(self.clock, self.define, name="definition", workers=1)
        applied: WorkQueue[Key] = WorkQueue(
            self.clock, Objects(self.api, self.clock, provider).reconcile, name="object"
        )
        defined.on_change(lambda change: queue.add(change.key))
        self.objects.on_change(lambda change: applied.add(change.key))
        await reconcile_forever([defined, self.compositions, self.objects], queue, applied)

    async def define(self, key: Key) -> float | None:
        """One pass over one definition: its CRDs, its conditions, its loops."""
        definition = await self.api.find(kinds.DEFINITION, key[1])
        writer = writing.Writer(self.api, self.clock, kinds.DEFINITION, FINALIZER)
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
        task = self.group.create_task(self._follow(definition), name=f"definition {name}")
        self.loops[name] = _Loop(task, definition["spec"], uid_of(definition))

    def _stop(self, name: str) -> None:
        loop = self.loops.pop(name, None)
        if loop is not None:
            loop.task.cancel()

    async def _follow(self, definition: Object) -> None:
        """Reconcile the claims and composites of one definition."""
        kind, claim_kind = kinds.composite_kind(definition), kinds.claim_kind(definition)
        recorder = Recorder(self.api, self.clock, f"defined/{kind.plural}.{kind.group}")
        composites = Informer(self.api, self.clock, kind)
        queue: WorkQueue[Key] = WorkQueue(
            self.clock,
            Composites(self.api, self.clock, definition, kind, recorder).reconcile,
            name=kind.plural,
        )
        composites.on_change(lambda change: queue.add(change.key))

        def composed(change: Change) -> None:
            owner = (change.new or change.old or {"metadata": {}})["metadata"].get("labels") or {}
            if kinds.COMPOSITE in owner and composites.get(owner[kinds.COMPOSITE]) is not None:
                queue.add(("", owner[kinds.COMPOSITE]))

        def recomposed(_change: Change) -> None:
            for composite in composites:
                queue.add(("", composite["metadata"]["name"]))

        self.objects.on_change(composed)
        self.compositions.on_change(recomposed)
        if claim_kind is None:
            await reconcile_forever([composites], queue)
            return
        claims = Informer(self.api, self.clock, claim_kind)
        bound: WorkQueue[Key] = WorkQueue(
            self.clock,
            Claims(self.api, self.clock, definition, claim_kind, recorder).reconcile,
            name=claim_kind.plural,
        )
        claims.on_change(lambda change: bound.add(change.key))

        def upward(change: Change) -> None:
            reference = (change.new or change.old or {"spec": {}})["spec"].get("claimRef")
            if reference:
                bound.add((reference["namespace"], reference["name"]))

        composites.on_change(upward)
        await reconcile_forever([composites, claims], queue, bound)


def _watching(definition: Object) -> list[Object]:
    offered = [condition("Offered", True, "WatchingCompositeResourceClaim")]
    established = condition("Established", True, "WatchingCompositeResource")
    return [established, *(offered if kinds.claim_kind(definition) else [])]


def _terminating(definition: Object) -> list[Object]:
    offered = [condition("Offered", False, "TerminatingCompositeResourceClaim")]
    established = condition("Established", False, "TerminatingCompositeResource")
    return [established, *(offered if kinds.claim_kind(definition) else [])]
