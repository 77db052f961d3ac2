"""Drills: what has to be seen for one to pass, and that the fault never outlives it."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace

import pytest

from portal.core.chain import FleetView, HopState, Verdict
from portal.core.events import Progress
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.report import Drilled
from portal.core.switchboard import Call, FaultRule, WorldState
from portal.engine.drills import DRILLS, run_drill
from portal.errors import RefusedError
from tests.engine.fakes import World
from tests.engine.scenes import Machine

SOURCES = (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)
TENANTS = tuple(
    Verdict(TenantKey(name, "dev"), HopState.HEALTHY, None, "", "", ()) for name in ("payments", "billing")
)


def seen(*tenants: Verdict, **states: Freshness) -> FleetView:
    sources = tuple(SourceState(name, states.get(name.value, Freshness.LIVE), 1.0) for name in SOURCES)
    return FleetView("", sources, tenants)


LIVE = seen(*TENANTS)
LOST = seen(*TENANTS, kubernetes=Freshness.STALE)


class Board:
    """Remembers the rules in force."""

    def __init__(self, refusal: str = "") -> None:
        self.rules: list[str] = []
        self.posted: list[Mapping[str, str | int | float]] = []
        self._refusal = refusal

    async def state(self) -> WorldState:
        raise NotImplementedError

    async def calls(self, most: int) -> tuple[Call, ...]:
        raise NotImplementedError(most)

    async def add(self, rule: Mapping[str, str | int | float]) -> FaultRule:
        if self._refusal:
            raise RefusedError(self._refusal)
        self.posted.append(rule)
        self.rules.append("f1")
        return FaultRule("f1", "", "")

    async def remove(self, rule: str) -> None:
        self.rules.remove(rule)


class Status:
    """Shows some views while nothing is broken, others while something is."""

    def __init__(self, board: Board, lost: FleetView, *, back: FleetView = LIVE) -> None:
        self._board, self._lost, self._back = board, lost, back
        self.refreshed = 0

    def refresh(self) -> None:
        self.refreshed += 1

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        yield seen()
        yield LIVE
        yield self._lost
        while self._board.rules:
            yield self._lost
        while True:
            yield self._back


async def drilled(board: Board, status: Status) -> Drilled:
    machine = Machine(World())
    ports = replace(machine.ports, status=status)  # type: ignore[arg-type]
    steps: list[Progress] = []
    done = await run_drill(ports, board, DRILLS["cluster-lost"], steps.append)
    assert tuple(step.step for step in steps) == done.evidence
    return done


async def test_a_source_that_is_lost_and_comes_back_with_every_row_passes() -> None:
    board = Board()
    status = Status(board, LOST)
    done = await drilled(board, status)
    assert done.ok
    assert "before: 2 of 2 healthy" in done.evidence
    assert any("kubernetes stale" in sentence for sentence in done.evidence)
    assert "2 of 2 rows kept, every other source live" in done.evidence
    assert done.evidence[-1] == "back: 2 of 2 healthy"
    assert board.posted == [
        {"service": "kube", "operation": "*", "action": "drop_before", "caller": "portal"}
    ]
    assert not board.rules
    assert status.refreshed == 3


@pytest.mark.parametrize(
    ("lost", "why"),
    [
        (seen(TENANTS[0], kubernetes=Freshness.STALE), "rows were lost: billing/dev"),
        (
            seen(*TENANTS, kubernetes=Freshness.STALE, ssm=Freshness.STALE),
            "other sources were lost with it: ssm",
        ),
    ],
)
async def test_a_row_or_another_source_lost_with_it_fails_the_drill(lost: FleetView, why: str) -> None:
    board = Board()
    done = await drilled(board, Status(board, lost))
    assert not done.ok
    assert why in done.evidence
    assert not board.rules


async def test_a_world_that_refuses_the_fault_is_quoted() -> None:
    board = Board("there is no service kube")
    done = await drilled(board, Status(board, LOST))
    assert not done.ok
    assert done.evidence[-1] == "it could not be carried out: there is no service kube"
