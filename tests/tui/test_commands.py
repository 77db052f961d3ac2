"""The command line: how lines are read and completed, and that every command is obeyed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Input

from portal.core.facets import Freshness
from portal.errors import UsageError
from portal.tui.app import PortalApp
from portal.tui.present.commands import COMMANDS, FIXED, Order, completions, read_order
from portal.tui.screens.command import CommandScreen
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.notes import NotesScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.themes import LOOKS
from portal.tui.widgets.filter_bar import FilterBar
from portal.tui.widgets.fleet_table import FleetTable
from tests.tui.screen import flat, portal, shows, text, until
from tests.tui.views import MISSING, Played, broken, healthy, progressing, view

WORDS = {**FIXED, "tenant": ["payments/dev", "billing/dev"], "environment": ["dev", "all"], "theme": ["dark"]}


@pytest.mark.parametrize(
    ("line", "order"),
    [
        pytest.param("q", Order("quit"), id="an alias"),
        pytest.param(":env dev", Order("environment", "dev"), id="with its colon"),
        pytest.param("t pay", Order("tenant", "payments/dev"), id="a word cut short"),
        pytest.param("filter  state:broken !x", Order("filter", "state:broken !x"), id="free text"),
        pytest.param("faults", Order("faults"), id="an argument left out"),
    ],
)
def test_a_line_is_read(line: str, order: Order) -> None:
    assert read_order(line, WORDS) == order


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("fleeet", "there is no command 'fleeet'", id="a typing error"),
        pytest.param("sort", "sort needs a column: state, tenant", id="no argument"),
        pytest.param("sort colour", "there is no column 'colour': state", id="no such column"),
        pytest.param("back 2", "back takes nothing", id="too much"),
    ],
)
def test_a_line_that_is_no_command_says_what_there_is(line: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_order(line, WORDS)


def test_a_typing_error_is_answered_with_what_was_meant() -> None:
    with pytest.raises(UsageError) as told:
        read_order("fleeet", WORDS)
    assert told.value.hint == "Did you mean fleet?"


def test_completions_are_whole_lines_that_can_be_read() -> None:
    assert completions("fi", WORDS) == ("filter",)
    assert completions("t ", WORDS) == ("tenant payments/dev", "tenant billing/dev")
    assert completions("sort ca", WORDS) == ("sort cache", "sort cause")
    assert completions("nothing ", WORDS) == ()


@given(st.text(max_size=40))
def test_every_completion_that_has_its_argument_is_an_order(line: str) -> None:
    for found in completions(line, WORDS):
        if " " in found:
            assert read_order(found, WORDS).name == found.split()[0]


def test_no_two_commands_share_a_word() -> None:
    words = [word for command in COMMANDS for word in (command.name, *command.aliases)]
    assert len(words) == len(set(words))


def _fleet() -> Played:
    played = Played(view(healthy(), broken(), progressing("billing")))
    played.team_of = {"payments": "money", "billing": "money"}
    return played


async def test_a_filter_is_typed_kept_and_taken_away() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("slash", *"state:brok")
        await shows(pilot, "1 of 3 shown · filter state:brok")
        assert "billing/dev" not in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.focused, FleetTable))
        assert app.screen.query_one(FilterBar).display
        await pilot.press("slash", *" x:y")
        await shows(pilot, "no column x; there are", "1 of 3 shown · filter state:brok")
        await pilot.press("escape")
        await shows(pilot, "billing/dev", "identity-service/dev")
        assert "shown" not in flat(app)
        assert not app.screen.query_one(FilterBar).display


async def test_a_filter_that_leaves_nothing_says_so_and_escape_shows_all() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("slash", *"nobody", "enter")
        await shows(pilot, "No tenant is left by the filter nobody.")
        await pilot.press("escape")
        await shows(pilot, "payments/dev")


async def test_a_megabyte_pasted_into_a_line_changes_nothing() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("slash")
        box = app.screen.query_one(FilterBar).query_one(Input)
        box.insert_text_at_cursor("x" * (1 << 20))
        await pilot.pause()
        assert len(box.value) <= 200
        await pilot.press("escape", "colon")
        await until(pilot, lambda: isinstance(app.screen, CommandScreen))
        line = app.screen.query_one(Input)
        line.insert_text_at_cursor("[b]\x1b[2J" * (1 << 17))
        await pilot.pause()
        assert len(line.value) <= 400


async def test_faults_headings_and_orders_survive_every_refresh() -> None:
    played = _fleet()
    app = portal(played)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("f", *":group team", "enter")
        await shows(pilot, "2 of 3 shown · faults only · grouped by team", "▾ money (2)")
        await pilot.press("home", "enter")
        await shows(pilot, "▸ money (2)")
        assert "payments/dev" not in text(app)
        played.queue.put_nowait(view(healthy(), broken(), progressing("billing"), neon=Freshness.STALE))
        await shows(pilot, "neon stale", "▸ money (2)")
        await pilot.press("enter")
        await shows(pilot, "payments/dev", "faults only")


async def test_a_click_on_a_title_orders_and_once_more_turns_it_around() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        row = next(y for y, line in enumerate(text(app).splitlines()) if "Tenant" in line)
        await pilot.click(offset=(4, row))
        await shows(pilot, "by tenant ↓")
        await pilot.click(offset=(4, row))
        await shows(pilot, "by tenant ↑")


async def test_the_command_line_completes_refuses_and_remembers() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press(*":sor", "tab", *"cac", "tab")
        assert app.screen.query_one(Input).value == "sort cache"
        await pilot.press("enter")
        await shows(pilot, "by cache ↓")
        await pilot.press(*":sort colour", "enter")
        await shows(pilot, "there is no column 'colour'")
        await pilot.press("escape", "colon", "up")
        assert app.screen.query_one(Input).value == "sort cache"
        await pilot.press("enter")
        await shows(pilot, "by cache ↑")
        await pilot.press("s", "down", "down", "enter")
        await shows(pilot, "by tenant ↓")


async def test_places_are_gone_back_to_and_forth() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press(*":t payments", "enter")
        await shows(pilot, "payments/dev ✖ broken at parameters")
        await pilot.press(*":t billing", "enter")
        await shows(pilot, "billing/dev … progressing")
        await pilot.press("left_square_bracket")
        await shows(pilot, "payments/dev ✖ broken at parameters")
        await pilot.press("left_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        assert len(app.screen_stack) == 2


async def test_what_was_told_can_be_read_later() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        app.notify("the [b]disk\x1b[2J is full", severity="error")
        await pilot.press("n")
        await until(pilot, lambda: isinstance(app.screen, NotesScreen))
        await shows(pilot, "✖ the [b]disk�[2J is full")


async def test_the_table_is_written_as_it_is_shown_and_never_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "portal.json").write_text("mine")
    app = portal(_fleet(), directory=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("f", *":export json", "enter")
        written = tmp_path / "portal-1.json"
        await until(pilot, lambda: any("Written to" in note.text for note in app._store.notes))
        assert [row["tenant"] for row in json.loads(written.read_text())] == ["payments/dev", "billing/dev"]
        assert json.loads(written.read_text())[0]["cause"] == MISSING
        await pilot.press(*":screenshot", "enter")
        await until(pilot, (tmp_path / "portal.svg").exists)
        await until(pilot, lambda: len(app._store.notes) == 2)
    assert (tmp_path / "portal.json").read_text() == "mine"


@pytest.mark.parametrize("theme", LOOKS)
async def test_every_theme_draws_states_apart(theme: str) -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press(*f":theme {theme}", "enter")
        await until(pilot, lambda: app.theme == theme)
        await shows(pilot, "payments/dev", "identity-service/dev")
        strips = app.screen._compositor.render_strips(app.size)
        colours = {
            name: next(
                str(segment.style.color)
                for strip in strips
                for segment in strip
                if name in segment.text and segment.style and "/dev" in segment.text
            )
            for name in ("✖", "✔", "…")
        }
        assert len(set(colours.values())) == 3


@pytest.mark.parametrize("name", [command.name for command in COMMANDS])
def test_every_command_is_obeyed(name: str) -> None:
    told = {"tenant", "theme", "export", "screenshot", "filter", "faults", "sort", "group", "environment"}
    changes = {"rotate", "offboard", "repair", "fault", "unfault"}
    changes |= {"keep", "drill", "compare", "reveal", "diff", "recheck", "sync"}
    assert name in told | changes or hasattr(PortalApp, f"action_{name}")


async def test_the_palette_finds_commands_and_tenants() -> None:
    app = portal(_fleet())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("ctrl+p", *"payments")
        await shows(pilot, "open the tenant")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))


async def test_a_storm_of_sizes_leaves_the_selection_in_sight() -> None:
    played = Played(view(*(healthy(f"service-{number:02}") for number in range(60))))
    app = portal(played)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "60 tenants")
        await pilot.press("end")
        for width, height in ((60, 20), (300, 80), (20, 5), (110, 34), (80, 24)):
            await pilot.resize_terminal(width, height)
        await shows(pilot, "✔ service-59/dev")
        assert app.screen.query_one(FleetTable).cursor_row == 59
