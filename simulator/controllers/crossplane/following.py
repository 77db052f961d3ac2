"""The loops of one definition: its composites and its claims."""

from functools import partial

from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.crossplane import claims as claims_module
from simulator.controllers.crossplane import composites as composites_module
from simulator.controllers.crossplane import kinds
from simulator.controllers.crossplane.applying import Applied
from simulator.controllers.crossplane.claims import Claims
from simulator.controllers.crossplane.composites import Composites
from simulator.controllers.crossplane.waking import GATHER_SECONDS, wake
from simulator.controllers.informer import Change, Informer, Key
from simulator.controllers.kinds import Object, labels_of, name_of
from simulator.controllers.reconciling import reconcile_forever
from simulator.controllers.recorder import Recorder
from simulator.controllers.workqueue import WorkQueue


class Following:
    """Reconciles what one definition brings; what it composed is told to it from outside."""

    def __init__(
        self, api: Api, clock: Clock, definition: Object, compositions: Informer, objects: Informer
    ) -> None:
        kind = kinds.composite_kind(definition)
        recorder = Recorder(api, clock, f"defined/{kind.plural}.{kind.group}")
        self._composites = Informer(api, clock, kind)
        applied = Applied(api, composites_module.MANAGER)
        composites = Composites(
            api, clock, definition, recorder, self._composites, compositions, objects, applied
        )
        self._queue: WorkQueue[Key] = WorkQueue(clock, composites.reconcile, name=kind.plural)
        self._composites.on_change(partial(wake, self._queue))
        self._informers, self._queues = [self._composites], [self._queue]
        claim_kind = kinds.claim_kind(definition)
        if claim_kind is not None:
            seen = Informer(api, clock, claim_kind)
            applied = Applied(api, claims_module.MANAGER)
            claims = Claims(api, clock, definition, recorder, seen, self._composites, applied)
            self._claimed(seen, WorkQueue(clock, claims.reconcile, name=claim_kind.plural))

    def _claimed(self, claims: Informer, queue: WorkQueue[Key]) -> None:
        """A claim is looked at when it changes, and when its composite does."""
        claims.on_change(partial(wake, queue))

        def upward(change: Change) -> None:
            composite = change.new or change.old
            reference = composite["spec"].get("claimRef") if composite else None
            if reference:
                queue.add_after((reference["namespace"], reference["name"]), GATHER_SECONDS)

        self._composites.on_change(upward)
        self._informers.append(claims)
        self._queues.append(queue)

    async def run(self) -> None:
        """Work until cancelled."""
        await reconcile_forever(self._informers, *self._queues)

    def composed(self, obj: Object) -> None:
        """A composed resource changed: its composite is looked at."""
        owner = labels_of(obj).get(kinds.COMPOSITE, "")
        if self._composites.get(owner) is not None:
            self._queue.add_after(("", owner), GATHER_SECONDS)

    def recomposed(self) -> None:
        """A Composition changed: every composite is looked at."""
        for composite in self._composites:
            self._queue.add(("", name_of(composite)))
