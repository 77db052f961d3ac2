"""The interface under a pilot: keys, mouse, selection, outages, crash."""

import asyncio
from dataclasses import replace

import pytest
from textual.filter import NoColor

from portal.core.chain import Verdict
from portal.core.facets import Freshness
from portal.errors import Unreachable
from portal.tui.messages import StreamEnded, ViewArrived
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.live import LiveScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.widgets.fleet_table import FleetTable
from tests.tui.screen import Hand, flat, portal, shows, text, until
from tests.tui.snapshots.scenes import settled
from tests.tui.views import FIX, MISSING, Played, broken, healthy, view

CANARY = "canary-7f3a9d"
GONE = "is no longer in the tenants repository"


async def test_the_first_paint_needs_no_answer_from_anywhere() -> None:
    app = portal(Played())
    async with app.run_test(size=(80, 24)):
        assert isinstance(app.screen, FleetScreen)
        assert "REHEARSAL" in text(app)
        assert "Reading the tenants repository" in text(app)


async def test_views_that_were_not_drawn_yet_are_replaced_by_newer_ones() -> None:
    first, second = ViewArrived(view()), ViewArrived(view(healthy()))
    assert second.can_replace(first)
    assert not second.can_replace(StreamEnded("", 0.0))


async def test_a_view_that_arrives_while_a_screen_is_being_opened_is_drawn_once_it_is() -> None:
    fleet = Played(view(healthy()))
    app = portal(fleet)

    def open_while_something_arrives() -> None:
        app.push_screen(TenantScreen(app._store, "", healthy().tenant))
        app._arrived(ViewArrived(view(broken("identity-service"))))
        app._moved()

    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 tenant")
        app.call_later(open_while_something_arrives)
        await shows(pilot, "broken at parameters")


async def test_the_selection_survives_a_new_order_of_rows() -> None:
    fleet = Played(view(healthy("a"), healthy("b")))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("j")
        await shows(pilot, "b/dev ✔ healthy")
        fleet.queue.put_nowait(view(healthy("a"), broken("b")))
        await shows(pilot, MISSING)
        assert app.screen.query_one(FleetTable).cursor_row == 0


async def test_scroll_and_selection_survive_every_refresh() -> None:
    names = [f"service-{number:02}" for number in range(60)]
    fleet = Played(view(*(healthy(name) for name in names)))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "60 tenants")
        table = app.screen.query_one(FleetTable)
        await pilot.press(*["down"] * 40)
        await shows(pilot, "service-40/dev ✔ healthy")
        offset = table.scroll_y
        assert offset > 0
        fleet.queue.put_nowait(view(*(healthy(name) for name in names[:-1]), healthy("zz")))
        await until(pilot, lambda: "zz/dev" in app._store.listed().key(59))
        await pilot.pause()
        assert table.scroll_y == offset
        assert "service-40/dev ✔ healthy" in flat(app)
        fleet.queue.put_nowait(view(*(healthy(name) for name in names), neon=Freshness.STALE))
        await shows(pilot, "neon stale")
        assert table.cursor_row == 40
        assert "✔ service-40/dev" in flat(app)
        assert abs(table.scroll_y - offset) <= 1, "one line less for rows, so one line further at most"


async def test_a_selected_tenant_that_goes_leaves_the_cursor_where_it_was() -> None:
    fleet = Played(view(healthy("a"), healthy("b"), healthy("c")))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("j")
        fleet.queue.put_nowait(view(healthy("a"), healthy("c")))
        await shows(pilot, "2 tenants", "c/dev ✔ healthy")


async def test_an_outage_keeps_the_rows_and_its_countdown_runs() -> None:
    clock = Hand()
    fleet = Played(view(healthy()))
    app = portal(fleet, clock=clock)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "1 tenant: 1 healthy")
        fleet.queue.put_nowait(view(healthy(), kubernetes=Freshness.STALE))
        await shows(pilot, "kubernetes stale 2s retry 12s", "✔ 2s")
        clock.now = 5.0
        assert isinstance(app.screen, LiveScreen)
        app.screen.tick()
        await shows(pilot, "kubernetes stale 7s retry 7s", "✔ 7s")


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        pytest.param(
            Unreachable("no route", system="kubernetes", operation="list"),
            "kubernetes list: no route",
            id="a system",
        ),
        pytest.param(KeyError(CANARY), "a fault of the portal itself: KeyError", id="the portal itself"),
    ],
)
async def test_a_stream_that_fails_keeps_the_rows_turns_them_grey_and_begins_again(
    failure: Exception, told: str
) -> None:
    fleet = Played(view(healthy()))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 tenant: 1 healthy")
        fleet.queue.put_nowait(failure)
        await shows(pilot, told, "git stale 2s retry 2s", "identity-service/dev")
        assert CANARY not in text(app)
        await pilot.press("r")
        await until(pilot, lambda: fleet.begun == 2)
        fleet.queue.put_nowait(view(git=Freshness.NEVER_LOADED))
        await until(pilot, lambda: "git never-loaded" in flat(app))
        assert "identity-service/dev" in text(app)
        fleet.queue.put_nowait(view(healthy()))
        await shows(pilot, "● git live <1m", "Every hop holds.")


async def test_r_asks_every_source_again() -> None:
    fleet = Played(view(healthy()))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 tenant: 1 healthy")
        await pilot.press("r")
        await until(pilot, lambda: fleet.refreshed == 1)


async def test_enter_opens_the_chain_and_escape_comes_back() -> None:
    app = portal(Played(view(broken())))
    async with app.run_test(size=(80, 70)) as pilot:
        await shows(pilot, MISSING)
        await pilot.press("enter")
        await shows(pilot, "◀ earliest broken hop", FIX)
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await shows(pilot, "Ask every source again now")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))


async def test_one_click_opens_a_tenant() -> None:
    app = portal(Played(view(healthy("a"), healthy("b"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "2 tenants")
        row = next(y for y, line in enumerate(text(app).splitlines()) if "✔ b/dev" in line)
        await pilot.click(offset=(5, row))
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "b/dev ✔ healthy")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await pilot.click(offset=(5, row))
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))


async def test_a_tenant_that_goes_while_looked_at_says_so_and_keeps_its_chain() -> None:
    fleet = Played(view(broken(), healthy()))
    app = portal(fleet)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, MISSING)
        await pilot.press("enter")
        await shows(pilot, "◀ earliest broken hop")
        fleet.queue.put_nowait(view(healthy()))
        await shows(pilot, GONE, "1 spec")
        assert FIX not in text(app)
        await pilot.press("c", "escape")
        await shows(pilot, "1 tenant: 1 healthy")


async def test_the_chain_scrolls_by_letters_and_stays_scrolled_when_news_come() -> None:
    fleet = Played(view(broken()))
    app = portal(fleet)
    async with app.run_test(size=(60, 20)) as pilot:
        await shows(pilot, "payments/dev")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "1 spec")
        chain = app.screen.query_one("#chain")
        await until(pilot, lambda: chain.max_scroll_y > 0)
        await pilot.press("j", "j")
        await until(pilot, lambda: chain.scroll_y == 2)
        fleet.queue.put_nowait(view(broken(), neon=Freshness.STALE))
        await shows(pilot, "neon stale")
        assert chain.scroll_y == 2


async def test_markup_in_a_cause_stays_text() -> None:
    app = portal(Played(view(broken(cause="[red]fire[/] \x1b[2J", service="[b]x"))))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "[red]fire[/] �[2J", "✖ [b]x/dev")


@pytest.mark.parametrize("colour", [pytest.param(True, id="colour"), pytest.param(False, id="no colour")])
async def test_without_colour_no_colour_is_drawn_and_the_cursor_is_still_seen(colour: bool) -> None:
    app = portal(Played(view(healthy(), broken())), colour=colour)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, MISSING)
        assert any(isinstance(item, NoColor) for item in app.get_line_filters()) is not colour
        strips = app.screen._compositor.render_strips(app.size)
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        coloured = [style for style in styles if style.color and not style.color.is_default]
        assert bool(coloured) is colour
        row = next(strip for strip in strips if "payments/dev" in strip.text)
        if not colour:
            assert any(segment.style and segment.style.reverse for segment in row)


async def test_a_crash_ends_with_code_1_and_shows_no_local_variable(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = portal(Played(view(healthy())))

    def explode() -> None:
        password = CANARY
        raise RuntimeError(f"boom {len(password)} {password}")

    async def crash() -> None:
        async with app.run_test(size=(80, 24)) as pilot:
            app.call_later(explode)
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await crash()
    assert app.return_code == 1
    out, err = capsys.readouterr()
    assert "RuntimeError in test_app.py" in err
    assert CANARY not in out + err


async def test_leaving_closes_the_stream() -> None:
    closed = asyncio.Event()

    class Watched(Played):
        async def changes(self):  # type: ignore[no-untyped-def] # noqa: ANN202 - as its base
            try:
                async for item in super().changes():
                    yield item
            finally:
                closed.set()

    app = portal(Watched(view(healthy())))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "1 tenant")
        await pilot.press("q")
    await asyncio.wait_for(closed.wait(), 5)


def judged_again(verdict: Verdict) -> Verdict:
    """The same verdict from a later look."""
    return replace(verdict, hops=tuple(replace(hop, age_seconds=7.0) for hop in verdict.hops))


@pytest.mark.parametrize("more", [0, 60])
async def test_nothing_is_drawn_while_nothing_changes_but_the_time(more: int) -> None:
    """With a scroll bar and without one."""
    clock = Hand()
    shown = view(healthy(), broken(), *(healthy(f"more-{number:02}") for number in range(more)))
    fleet = Played(shown)
    app = portal(fleet, clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        drawn: list[object] = []
        app.screen._compositor_refresh = lambda: drawn.extend(app.screen._compositor._dirty_regions)  # type: ignore[method-assign]
        for _ in range(3):
            clock.now += 5.0
            fleet.queue.put_nowait(replace(shown, tenants=tuple(map(judged_again, shown.tenants))))
            app.screen.tick()  # type: ignore[attr-defined]
            await pilot.pause()
        assert not drawn
