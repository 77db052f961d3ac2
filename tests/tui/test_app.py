"""The interface under a pilot: first paint, live rows, outage, navigation, crash."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Static

from portal.core.facets import Freshness
from portal.errors import Unreachable
from portal.tui.app import PortalApp
from portal.tui.messages import SourceLost, ViewArrived
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.widgets.chain_flow import ChainFlow
from portal.tui.widgets.fleet_table import FleetTable
from portal.tui.widgets.freshness import FreshnessBar
from tests.tui.views import FIX, MISSING, Played, broken, healthy, view

CANARY = "canary-7f3a9d"


def _app(status: Played) -> PortalApp:
    ticks = iter(range(10_000))
    return PortalApp(status, title="test", rehearsal=True, monotonic=lambda: float(next(ticks)) / 1000)


def _text(app: PortalApp, selector: str) -> str:
    return str(app.screen.query_one(selector, Static).render())


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        await pilot.pause()
    raise AssertionError("the screen did not get there")


@contextmanager
def _collected() -> Iterator[tuple[list[Message], Callable[[Message], None]]]:
    messages: list[Message] = []
    yield messages, messages.append


async def test_the_first_paint_needs_no_answer_from_anywhere() -> None:
    app = _app(Played())
    async with app.run_test(size=(80, 24)):
        assert isinstance(app.screen, FleetScreen)
        assert "REHEARSAL" in _text(app, "Banner")
        assert "Reading the tenants repository" in _text(app, "#empty")


async def test_a_view_becomes_rows_and_the_selected_tenant_is_explained() -> None:
    status = Played(view(healthy(), broken()))
    with _collected() as (messages, hook):
        app = _app(status)
        async with app.run_test(size=(80, 24), message_hook=hook) as pilot:
            await _until(pilot, lambda: app.screen.query_one(FleetTable).row_count == 2)
            await _until(pilot, lambda: MISSING in _text(app, "#cause"))
            assert FIX in _text(app, "#fix")
        assert any(isinstance(message, ViewArrived) for message in messages)


async def test_the_selection_survives_a_new_order_of_rows() -> None:
    status = Played(view(healthy("a"), healthy("b")))
    app = _app(status)
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(pilot, lambda: app.screen.query_one(FleetTable).row_count == 2)
        await pilot.press("j")
        status.queue.put_nowait(view(healthy("a"), broken("b")))
        table = app.screen.query_one(FleetTable)
        await _until(pilot, lambda: MISSING in _text(app, "#cause"))
        assert table.cursor_row == 0


async def test_an_outage_keeps_the_rows_and_shows_their_age() -> None:
    status = Played(view(healthy()))
    app = _app(status)
    async with app.run_test(size=(120, 30)) as pilot:
        await _until(pilot, lambda: app.screen.query_one(FleetTable).row_count == 1)
        status.queue.put_nowait(view(healthy(), kubernetes=Freshness.STALE))
        await _until(pilot, lambda: "kubernetes stale" in str(app.screen.query_one(FreshnessBar).render()))
        assert app.screen.query_one(FleetTable).row_count == 1
        assert "✔ 2s" in str(app.screen.query_one(FleetTable).get_cell("identity-service/dev", "Pods"))


async def test_a_stream_that_fails_is_told_and_the_rows_stay() -> None:
    status = Played(view(healthy()))
    with _collected() as (messages, hook):
        app = _app(status)
        async with app.run_test(size=(80, 24), message_hook=hook) as pilot:
            await _until(pilot, lambda: app.screen.query_one(FleetTable).row_count == 1)
            status.queue.put_nowait(Unreachable("no route", system="kubernetes", operation="list"))
            await _until(pilot, lambda: any(isinstance(message, SourceLost) for message in messages))
            assert app.screen.query_one(FleetTable).row_count == 1


async def test_enter_opens_the_chain_and_escape_comes_back() -> None:
    app = _app(Played(view(broken())))
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(pilot, lambda: app.screen.query_one(FleetTable).row_count == 1)
        await pilot.press("enter")
        await _until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await _until(pilot, lambda: "broken first" in str(app.screen.query_one(ChainFlow).render()))
        assert MISSING in _text(app, "#cause")
        await pilot.press("question_mark")
        await _until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await pilot.press("escape", "escape")
        await _until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_markup_in_a_cause_stays_text() -> None:
    app = _app(Played(view(broken(cause="[red]fire[/] \x1b[2J"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await _until(pilot, lambda: "[red]fire[/] �[2J" in _text(app, "#cause"))


async def test_a_crash_ends_with_code_1_and_shows_no_local_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = Played(view(healthy()))
    app = _app(status)

    def explode() -> None:
        password = CANARY
        raise RuntimeError(f"boom {len(password)}")

    async def crash() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            app.call_later(explode)
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await crash()
    assert app.return_code == 1
    rendered = "".join(str(item) for item in app._exit_renderables)
    out, err = capsys.readouterr()
    assert CANARY not in rendered + out + err
