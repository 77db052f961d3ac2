"""Drills: a source of a rehearsal is taken away and given back; what the fleet shows meanwhile is judged."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from portal.core.chain import FleetView, HopState
from portal.core.events import Progress, Stage
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.report import Drilled
from portal.core.switchboard import read_rule
from portal.engine.world import Ports
from portal.errors import PortalError
from portal.ports import Report, Switchboard

LONGEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Drill:
    """`rule` is the fault of the world that takes `source` away from the portal alone, and `along` what lives
    there too.
    """

    name: str
    does: str
    source: Source
    rule: str
    along: frozenset[Source] = frozenset()


DRILLS: Mapping[str, Drill] = {
    drill.name: drill
    for drill in (
        Drill("cluster-lost", "the cluster", Source.KUBERNETES, "kube:* drop_before caller=portal"),
        Drill(
            "neon-lost",
            "Neon",
            Source.NEON,
            "neon:* status status=503 caller=portal",
            frozenset({Source.AUTH}),
        ),
        Drill("store-throttled", "Parameter Store", Source.SSM, "ssm:* throttle caller=portal"),
    )
}


async def run_drill(ports: Ports, board: Switchboard, drill: Drill, report: Report) -> Drilled:
    """What was seen. The fault is taken away again however it ends; raises nothing but cancellation."""
    began = ports.clock.monotonic()
    run = _Run(ports, board, drill, report)
    try:
        ok = await run.seen()
    except PortalError as error:
        run.say(f"it could not be carried out: {error.cause}", Stage.FAILED)
        ok = False
    return Drilled(drill.name, ok, ports.clock.monotonic() - began, tuple(run.evidence))


class _Run:
    def __init__(self, ports: Ports, board: Switchboard, drill: Drill, report: Report) -> None:
        self._ports = ports
        self._board = board
        self._drill = drill
        self._report = report
        self.evidence: list[str] = []

    def say(self, sentence: str, stage: Stage = Stage.DONE) -> None:
        """One sentence of evidence."""
        self.evidence.append(sentence)
        self._report(Progress(f"drill {self._drill.name}", sentence, stage))

    async def seen(self) -> bool:
        """Live, lost with its rows kept, live again; whether all three were seen."""
        source = self._drill.source
        async with aclosing(self._ports.status.changes()) as views:
            before = await self._until(views, "the beginning", self._ready)
            if before is None:
                return False
            self.say(f"before: {_told(before)}")
            added = await self._board.add(read_rule(self._drill.rule))
            try:
                lost = await self._until(views, self._drill.rule, lambda view: not _live(view, source))
            finally:
                await self._board.remove(added.id)
            if lost is None:
                return False
            kept = _kept(before, lost, self._drill)
            self.say(*kept)
            back = await self._until(views, "taken away again", lambda view: _same(before, view))
            if back is None:
                return False
            self.say(f"back: {_told(back)}")
            return kept[1] is Stage.DONE

    def _ready(self, view: FleetView) -> bool:
        """Whether everything was read, so that a difference is the drill's."""
        live = {state.name for state in view.sources if state.state is Freshness.LIVE}
        unknown = any(verdict.state is HopState.UNKNOWN for verdict in view.tenants)
        return {Source.GIT, self._drill.source} <= live and bool(view.tenants) and not unknown

    async def _until(
        self, views: AsyncIterator[FleetView], since: str, wanted: Callable[[FleetView], bool]
    ) -> FleetView | None:
        """The first view that is wanted; every source is asked at once, so that none waits for its turn."""
        clock = self._ports.clock
        began = clock.monotonic()
        self._ports.status.refresh()
        try:
            async with asyncio.timeout(LONGEST_SECONDS):
                async for view in views:
                    if wanted(view):
                        took = clock.monotonic() - began
                        self.say(f"{took:.1f} s after {since}: {_line(view, self._drill.source)}")
                        return view
        except TimeoutError:
            pass
        self.say(f"{since}: not seen within {LONGEST_SECONDS:.0f} s", Stage.FAILED)
        return None


def _kept(before: FleetView, lost: FleetView, drill: Drill) -> tuple[str, Stage]:
    """Rows stay, with their age, and nobody else is dragged along."""
    own = {drill.source, *drill.along}
    missing = _tenants(before).keys() - _tenants(lost).keys()
    dragged = [state.name for state in lost.sources if state.name not in own and not _fresh(state)]
    if missing:
        return f"rows were lost: {', '.join(sorted(map(str, missing)))}", Stage.FAILED
    if dragged:
        return f"other sources were lost with it: {', '.join(dragged)}", Stage.FAILED
    return f"{len(lost.tenants)} of {len(before.tenants)} rows kept, every other source live", Stage.DONE


def _tenants(view: FleetView) -> Mapping[TenantKey, HopState]:
    return {verdict.tenant: verdict.state for verdict in view.tenants}


def _same(before: FleetView, view: FleetView) -> bool:
    return _all_live(view) and _tenants(view) == _tenants(before)


def _all_live(view: FleetView) -> bool:
    return bool(view.sources) and all(map(_fresh, view.sources))


def _live(view: FleetView, source: Source) -> bool:
    return all(_fresh(state) for state in view.sources if state.name is source)


def _fresh(state: SourceState) -> bool:
    """A source that nothing asks of is never read."""
    return state.state in {Freshness.LIVE, Freshness.LAGGING, Freshness.NEVER_LOADED}


def _line(view: FleetView, source: Source) -> str:
    state = next(each for each in view.sources if each.name is source)
    return f"{source} {state.state}" + (f", {state.detail}" if state.detail else "")


def _told(view: FleetView) -> str:
    healthy = sum(verdict.state is HopState.HEALTHY for verdict in view.tenants)
    return f"{healthy} of {len(view.tenants)} healthy"
