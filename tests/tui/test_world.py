"""The rehearsal world on a screen: what stands in for what, faults put in and taken out, calls."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.events import Progress, Stage
from portal.core.report import Drilled
from portal.core.switchboard import ACTIONS, read_rule
from portal.errors import UsageError
from portal.ports import Report
from portal.tui.app import PortalApp
from portal.tui.present.world import WorldView, targets, world_sheet
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.world import WorldScreen
from tests.tui.doubles import CALLS, STATE, Board
from tests.tui.screen import Hand, shows, until
from tests.tui.views import Played, healthy, view


def _app(board: Board | None) -> PortalApp:
    return PortalApp(Played(view(healthy())), title="test", rehearsal=True, board=board, monotonic=Hand())


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        pytest.param(
            "ssm:PutParameter throttle",
            {"service": "ssm", "operation": "PutParameter", "action": "throttle"},
            id="always",
        ),
        pytest.param(
            "kube:'watch pods' cut nth=2 seconds=1.5",
            {"service": "kube", "operation": "watch pods", "action": "cut", "nth": 2, "seconds": 1.5},
            id="with a space and fields",
        ),
    ],
)
def test_a_rule_is_read(line: str, rule: Mapping[str, object]) -> None:
    assert read_rule(line) == rule


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("ssm status", "is not SERVICE:OPERATION", id="no operation"),
        pytest.param("ssm:PutParameter", "a fault is one of status", id="no action"),
        pytest.param("ssm:PutParameter burn", "not 'burn'", id="no such action"),
        pytest.param("ssm:PutParameter hang nth=x", "nth is a number", id="no number"),
        pytest.param("ssm:PutParameter hang colour=red", "is none of nth", id="no such field"),
        pytest.param("ssm:'PutParameter hang", "a quotation mark", id="an open quotation"),
    ],
)
def test_what_is_no_rule_says_why(line: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_rule(line)


@given(st.text(max_size=60))
def test_any_line_is_a_rule_or_told_why_not(line: str) -> None:
    try:
        found = read_rule(line)
    except UsageError:
        return
    assert found["action"] in ACTIONS


def test_a_lost_world_keeps_what_was_seen_and_says_so() -> None:
    sheet = world_sheet(WorldView(STATE, CALLS, "the world does not answer"))
    assert "this is what was seen last" in sheet[0].notes[0].text
    assert any(row[3].text == "neon:createProjectBranchRole" for row in sheet[-1].rows)
    assert world_sheet(WorldView())[0].notes[0].text == "… asking the world"


def test_faults_are_offered_for_operations_that_were_called() -> None:
    offered = targets(CALLS, ("hang",))
    assert offered == ("neon:createProjectBranchRole hang", "ssm:PutParameter hang")


async def test_the_world_says_what_stands_in_for_what_and_is_broken_and_mended() -> None:
    board = Board()
    app = _app(board)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WorldScreen))
        await shows(pilot, "✔ up", "PostgreSQL 17.2", "Neon compute", "✖ degraded", "Dragonfly")
        await shows(
            pilot, "seed 7 · time passes 2 times · up 1m", "none 30 ms", "f1 throttle", "none; i breaks"
        )
        await pilot.press("i", *"ssm:PutParameter throttle nth=2", "enter")
        await shows(pilot, "f1 ssm:PutParameter throttle 3 1 nth=2")
        await pilot.press("x", *"f1", "enter")
        await shows(pilot, "none; i breaks")
        assert not board.rules
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_what_the_world_refuses_is_told_in_its_words() -> None:
    board = Board()
    app = _app(board)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press(*":fault mars:Land hang", "enter")
        await until(pilot, lambda: any("no service mars" in note.text for note in app._store.notes))
        await pilot.press(*":fault nothing", "enter")
        await until(pilot, lambda: any("SERVICE:OPERATION" in note.text for note in app._store.notes))
        assert not board.rules


async def test_a_world_that_goes_away_keeps_its_last_rows() -> None:
    board = Board()
    app = _app(board)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press("w")
        await shows(pilot, "PostgreSQL 17.2")
        board.lost = True
        assert isinstance(app.screen, WorldScreen)
        app.screen.look()
        await shows(pilot, "✖ the world does not answer; this is what was seen last", "PostgreSQL 17.2")


async def test_outside_a_rehearsal_there_is_no_world() -> None:
    app = _app(None)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press("w")
        await until(pilot, lambda: any("no rehearsal" in note.text for note in app._store.notes))
        assert isinstance(app.screen, FleetScreen)
        await pilot.press(*":fault ssm:PutParameter hang", "enter")
        await until(pilot, lambda: any("Only a rehearsal" in note.text for note in app._store.notes))


async def test_a_drill_runs_beside_the_screens_and_its_evidence_stays_in_the_world() -> None:
    async def drill(name: str, report: Report) -> Drilled:
        report(Progress(f"drill {name}", "3.1 s after: kubernetes stale", Stage.DONE))
        return Drilled(
            name, name == "cluster-lost", 3.1, ("3.1 s after: kubernetes stale", "all 2 rows kept")
        )

    app = PortalApp(
        Played(view(healthy())), title="test", rehearsal=True, board=Board(), drill=drill, monotonic=Hand()
    )
    async with app.run_test(size=(120, 50)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press("w")
        await until(pilot, lambda: isinstance(app.screen, WorldScreen))
        await pilot.press("d", *"cluster", "enter")
        await shows(pilot, "all steps done")
        await pilot.press(*":drill neon-lost", "enter")
        await shows(pilot, "failed: drill neon-lost: all 2 rows kept")
        await pilot.press("escape", "w")
        await shows(pilot, "✔ passed cluster-lost", "all 2 rows kept", "✖ failed neon-lost")
