"""What people choose: keys of their own, a theme, ASCII, saved filters, marks."""

import json
from pathlib import Path

import pytest

from portal.settings import InterfaceSettings
from portal.tui.app import PortalApp
from portal.tui.keys import clashes
from portal.tui.plain_characters import in_ascii
from portal.tui.present.commands import Order
from portal.tui.screens.help import HelpScreen
from portal.tui.widgets.fleet_table import FleetTable
from tests.tui.doubles import Desk, planned
from tests.tui.screen import Hand, flat, shows, text, until
from tests.tui.views import Played, broken, healthy, progressing, view


def _app(
    interface: InterfaceSettings | None = None, *, desk: Desk | None = None, directory: Path | None = None
) -> PortalApp:
    fleet = Played(view(healthy(), broken(), progressing("billing")))
    return PortalApp(
        fleet,
        title="test",
        rehearsal=False,
        interface=interface,
        desk=(lambda: desk) if desk is not None else None,
        directory=directory,
        state=directory,
        monotonic=Hand(),
    )


async def test_a_key_of_ones_own_takes_the_place_of_the_usual_one() -> None:
    app = _app(InterfaceSettings(keys={"app.help": "f1", "fleet.down": "n,ctrl+n"}))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("question_mark")
        assert not isinstance(app.screen, HelpScreen)
        await pilot.press("n", "ctrl+n")
        await until(pilot, lambda: app.screen.query_one(FleetTable).cursor_row == 2)
        await pilot.press("f1")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        await shows(pilot, "f1 All keys of this screen", "n, ctrl+n Next line")


async def test_a_binding_that_is_none_and_a_theme_that_is_none_are_told() -> None:
    app = _app(InterfaceSettings(theme="mauve", keys={"app.hlep": "f1"}))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: len(app._store.notes) == 2)
        assert {note.text.partition(":")[0] for note in app._store.notes} == {
            "interface.keys",
            "interface.theme",
        }
        await shows(pilot, "3 tenants")


async def test_the_theme_that_was_chosen_is_there_from_the_beginning() -> None:
    app = _app(InterfaceSettings(theme="light"))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "3 tenants")
        assert app.theme == "light"
        assert not app.current_theme.dark


async def test_nothing_but_ascii_is_drawn_where_that_was_chosen() -> None:
    app = _app(InterfaceSettings(ascii=True))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "x payments/dev", "+ identity-service/dev")
        for keys in ((), ("question_mark",), ("escape", "enter"), ("colon",)):
            await pilot.press(*keys)
            await pilot.pause()
            assert text(app).isascii()


@pytest.mark.parametrize("drawn", ["╭──╮", "✔ ok …", "日本 │", "plain"])
def test_what_is_drawn_in_ascii_is_as_wide_as_before(drawn: str) -> None:
    from rich.cells import cell_len  # noqa: PLC0415 - the measure of Textual itself

    assert in_ascii(drawn).isascii()
    assert cell_len(in_ascii(drawn)) == cell_len(drawn)


async def test_a_saved_filter_is_shown_by_its_name_and_kept_for_the_next_time(tmp_path: Path) -> None:
    app = _app(InterfaceSettings(filters={"ill": "state:broken"}), directory=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press(*":filter @ill", "enter")
        await shows(pilot, "1 of 3 shown", "filter state:broken")
        await pilot.press(*":filter billing", "enter")
        await pilot.press(*":keep mine", "enter")
        await until(pilot, lambda: any("Saved" in note.text for note in app._store.notes))
        await pilot.press(*":filter @nobody", "enter")
        await until(pilot, lambda: any("there is @ill, @mine" in note.text for note in app._store.notes))
    assert json.loads((tmp_path / "filters.json").read_text()) == {"mine": "billing"}
    again = _app(directory=tmp_path)
    async with again.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("slash", *"@mine")
        await shows(pilot, "1 of 3 shown")
        assert "billing/dev" in flat(again)


async def test_marked_tenants_are_told_rechecked_and_exported(tmp_path: Path) -> None:
    desk = Desk(planned())
    app = _app(desk=desk, directory=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "3 tenants")
        await pilot.press("space", "down", "space")
        await shows(pilot, "2 marked", "✖•payments/dev", "✔•identity-service/dev", "… billing/dev")
        await pilot.press(*":recheck marked", "enter")
        await until(pilot, lambda: len(desk.deeds) == 2)
        assert {tenant for _, tenant in desk.deeds} == {"payments/dev", "identity-service/dev"}
        await pilot.press(*":export json", "enter")
        await until(pilot, lambda: any("Written" in note.text for note in app._store.notes))
        (written,) = tmp_path.glob("portal*.json")
        assert {row["tenant"] for row in json.loads(written.read_text())} == {
            "payments/dev",
            "identity-service/dev",
        }
        await pilot.press("escape")
        await until(pilot, lambda: "marked" not in flat(app))


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({}, []),
        ({"app.help": "f1"}, []),
        ({"app.help": "f"}, ["f is the key of both app.help and fleet.faults"]),
        ({"app.help": "f", "fleet.faults": "F"}, []),
    ],
)
def test_a_chosen_key_that_means_something_else_too_is_told(keys: dict[str, str], told: list[str]) -> None:
    assert clashes(keys) == told


async def test_a_file_of_filters_that_cannot_be_read_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "filters.json").write_text('{"mine": ')
    app = _app(directory=tmp_path)
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: any("cannot be read" in note.text for note in app._store.notes))
        await app.obey(Order("filter", "billing"))
        await app.obey(Order("keep", "mine"))
        await until(pilot, lambda: sum("cannot be read" in note.text for note in app._store.notes) == 2)
    assert (tmp_path / "filters.json").read_text() == '{"mine": '
