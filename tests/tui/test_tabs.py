"""The tabs of a tenant: what each sheet holds, what it says where nothing is seen, how it is drawn."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from portal.core.chain import HopName
from portal.core.facets import Denied, Freshness, NeverLoaded, Source, TenantKey, Unknown
from portal.core.objects.pod import Pod
from portal.core.observed import Seen, TenantObservation
from portal.tui.present.parts import CHAIN, TITLES
from portal.tui.present.pieces import Tone
from portal.tui.present.sheet import Lights, Sheet
from portal.tui.present.tabs import TABS, tab_of, tab_sheet
from portal.tui.screens.tenant import TenantScreen
from portal.tui.widgets.sheet_view import Drawn
from portal.tui.widgets.tab_bar import TabBar
from tests.core.assess import tenant as held
from tests.tui.screen import flat, portal, shows, text, until
from tests.tui.views import Played, all_lost, broken, healthy, sources, view

LIVE = Lights(sources())


def _seen(**changed: Any) -> Seen:
    return Seen(replace(held.healthy(), **changed), held.NOW)


def _sheet(tab: str, lights: Lights = LIVE, **changed: Any) -> Sheet:
    return tab_sheet(tab, _seen(**changed), lights)


def _words(sheet: Sheet) -> str:
    pieces = [
        piece
        for section in sheet
        for piece in (section.title, *section.notes, *(cell for row in section.rows for cell in row))
    ]
    return " | ".join(piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("tab", "expected"),
    [
        pytest.param("Database", ("Branch | ", "Computes", "identity-service-dev"), id="Database"),
        pytest.param("Secrets", ("✔ current", "/zerotouch/dev/identity-service/", "v1"), id="Secrets"),
        pytest.param("Cache", ("DragonflyInstance/identity-cache", "✔ Healthy"), id="Cache"),
        pytest.param("Sync", ("✔ Synced", "✔ Succeeded"), id="Sync"),
        pytest.param("Pods", ("identity-service-1-a", "✔ ready", "warns of nothing"), id="Pods"),
        pytest.param("Timeline", ("━", "ready", "between the first and the last"), id="Timeline"),
        pytest.param("YAML", ("namespace: platform-identity", "Files"), id="YAML"),
    ],
)
def test_a_tab_shows_what_is_held(tab: str, expected: tuple[str, ...]) -> None:
    words = _words(_sheet(tab))
    for part in expected:
        assert part in words


def test_every_title_has_its_tab() -> None:
    assert (CHAIN, *TABS) == TITLES


@pytest.mark.parametrize("tab", TABS)
def test_nothing_is_green_where_no_source_is_live(tab: str) -> None:
    stale = Lights(sources(**{source.value: Freshness.STALE for source in Source}))
    sheet = _sheet(tab, stale)
    cells = [cell for section in sheet for row in section.rows for cell in row]
    assert all(cell.tone is not Tone.GOOD for cell in cells)
    assert "is stale; this is what was seen last 2s ago" in _words(sheet)


@pytest.mark.parametrize("tab", TABS)
def test_what_was_never_read_is_not_called_absent(tab: str) -> None:
    words = _words(tab_sheet(tab, Seen(TenantObservation(), held.NOW), LIVE))
    assert "was not read yet" in words or "tells a time" in words


def test_denied_unknown_and_absent_look_different() -> None:
    denied = _words(_sheet("Pods", pods=Denied(Source.KUBERNETES, "pods is forbidden")))
    unknown = _words(_sheet("Pods", pods=Unknown(Source.KUBERNETES, "timed out")))
    never = _words(_sheet("Pods", pods=NeverLoaded(Source.KUBERNETES)))
    assert "✖ denied: pods is forbidden" in denied
    assert "? unknown: timed out" in unknown
    assert "· kubernetes was not read yet" in never


def test_a_parameter_that_changed_after_its_copy_is_behind() -> None:
    late = held.parameters(modified=held.NOON)
    assert "! behind" in _words(_sheet("Secrets", parameters=held.there(late, Source.SSM)))
    none = _words(_sheet("Secrets", parameters=held.there({}, Source.SSM)))
    assert "✖ absent" in none
    assert "does not exist" in none


def test_a_failing_container_says_why_it_waits_and_how_it_ended_before() -> None:
    waiting = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}}
    before = {"terminated": {"reason": "Error", "exitCode": 3, "message": "[b]no\x1b[2J"}}
    status = {"name": "app", "image": "i", "state": waiting, "lastState": before, "restartCount": 4}
    pod = Pod.of({**held.pod_json(), "status": {"phase": "Running", "containerStatuses": [status]}})
    words = _words(_sheet("Pods", pods=held.there((pod,))))
    assert "… CrashLoopBackOff | " in words
    assert "back-off 40s; before: Error (exit code 3) [b]no�[2J" in words


def test_the_cause_leads_to_its_tab() -> None:
    assert tab_of(broken()) == "Secrets"
    assert tab_of(healthy()) == CHAIN
    assert tab_of(replace(broken(), broken_hop=HopName.AUTH)) == CHAIN


@pytest.mark.parametrize("width", [40, 60, 80, 160])
@pytest.mark.parametrize("tab", TABS)
def test_a_sheet_fits_its_width_and_loses_no_word(tab: str, width: int) -> None:
    sheet = _sheet(tab)
    console = Console(width=width, color_system=None)
    drawn = Drawn(sheet).__rich_console__(console, console.options)
    lines = [line.plain for line in drawn]
    assert max(map(len, lines)) <= width
    shown = "".join("".join(lines).split())
    last = [row[-1].text for section in sheet for row in section.rows if row[-1].text != "-"]
    assert all("".join(word.split()) in shown for word in last)


def _played() -> Played:
    played = Played(view(broken("identity-service"), healthy("other")))
    played.held[TenantKey("identity-service", "dev")] = _seen()
    return played


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_tabs_open_by_number_by_key_by_click_and_from_the_cause(size: tuple[int, int]) -> None:
    app = portal(_played())
    async with app.run_test(size=size) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "1 spec", *TITLES)
        await pilot.press("6")
        await shows(pilot, "identity-service-1-a")
        await pilot.press("right")
        await shows(pilot, "From git to ready")
        await pilot.press("1", "enter")
        await shows(pilot, "ExternalSecrets" if size[1] > 30 else "Parameters")
        await pilot.click(TabBar, offset=(3, 0))
        await shows(pilot, "1 spec")


async def test_a_tab_stays_open_from_tenant_to_tenant_and_says_when_nothing_is_held() -> None:
    app = portal(_played())
    async with app.run_test(size=(120, 30)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await pilot.press("6", *":t other", "enter")
        await shows(pilot, "other/dev ✔ healthy", "Nothing is followed now")


async def test_a_lost_source_is_said_above_the_rows_it_left() -> None:
    played = _played()
    app = portal(played)
    async with app.run_test(size=(160, 45)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await pilot.press("6")
        played.queue.put_nowait(all_lost(broken("identity-service")))
        await shows(pilot, "kubernetes is stale; this is what was seen last", "identity-service-1-a")
        assert "no pod" not in flat(app)
        assert "retry 12s" in text(app)
