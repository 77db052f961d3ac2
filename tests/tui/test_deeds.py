"""What is done to a tenant from its tabs: keys, consent, what is shown and what is hidden again."""

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from portal.core.facets import TenantKey
from portal.tui.app import PortalApp
from portal.tui.present.fixes import fix_line
from portal.tui.screens.asked import AskedScreen
from portal.tui.screens.consent import ConsentScreen
from portal.tui.screens.reveal import RevealScreen
from portal.tui.screens.review import ReviewScreen
from portal.tui.screens.tenant import TenantScreen
from tests.tui.doubles import CANARY, Desk, planned
from tests.tui.screen import Hand, shows, text, until
from tests.tui.test_tabs import _seen
from tests.tui.views import Played, broken, healthy, view

DEV, PROD = TenantKey("payments", "dev"), TenantKey("payments", "prod")


def _app(desk: Desk, clock: Hand, *, read_only: bool = False) -> PortalApp:
    verdict = broken(fix="portal rotate payments/dev database")
    fleet = Played(view(verdict, replace(healthy("payments"), tenant=PROD)))
    fleet.held = {DEV: _seen(), PROD: _seen()}
    return PortalApp(
        fleet, title="test", rehearsal=False, desk=lambda: desk, read_only=read_only, monotonic=clock
    )


async def _open(pilot: Pilot[None], tenant: TenantKey) -> None:
    await shows(pilot, "2 tenants")
    await pilot.press(*f":t {tenant}", "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, TenantScreen))


async def test_secrets_are_compared_and_neither_side_is_told() -> None:
    app = _app(Desk(planned()), Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("m")
        await until(pilot, lambda: isinstance(app.screen, AskedScreen))
        await shows(pilot, "✔ same", "✖ differs", "[b]host")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))


async def test_a_comparison_that_fails_says_why() -> None:
    app = _app(Desk(planned(), failing="the store is away"), Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("m")
        await shows(pilot, "the store is away")


async def test_a_secret_is_shown_for_a_reason_and_hidden_after_thirty_seconds() -> None:
    desk, clock = Desk(planned()), Hand()
    app = _app(desk, clock)
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("v")
        await pilot.press(*"database_url", "enter")
        await until(pilot, lambda: isinstance(app.screen, RevealScreen))
        await pilot.press("enter")
        await shows(pilot, "Say why it is shown")
        assert not desk.deeds
        await pilot.press(*"incident 42", "enter")
        await shows(pilot, CANARY, "hidden in 30 s")
        assert desk.deeds == [("reveal", str(DEV), "database_url", "incident 42")]
        clock.now += 31.0
        app.screen.tick()  # type: ignore[attr-defined]
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await until(pilot, lambda: CANARY not in text(app))
        assert all(CANARY not in note.text for note in app._store.notes)


async def test_a_value_is_gone_as_soon_as_something_covers_it() -> None:
    app = _app(Desk(planned()), Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("v", *"database_url", "enter")
        await until(pilot, lambda: isinstance(app.screen, RevealScreen))
        await pilot.press(*"why", "enter")
        await shows(pilot, CANARY)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: not isinstance(app.screen, RevealScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, RevealScreen))
        await until(pilot, lambda: CANARY not in text(app))


@pytest.mark.parametrize("key", ["v", "S"])
async def test_a_protected_environment_asks_for_the_tenants_name(key: str) -> None:
    desk = Desk(planned())
    app = _app(desk, Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, PROD)
        await pilot.press(key)
        if key == "v":
            await pilot.press(*"database_url", "enter")
            await until(pilot, lambda: isinstance(app.screen, RevealScreen))
            await pilot.press(*"why")
        else:
            await until(pilot, lambda: isinstance(app.screen, ConsentScreen))
        await pilot.press("enter")
        await shows(pilot, f"Type {PROD} to go on")
        assert not desk.deeds
        await pilot.press(*str(PROD), "enter")
        await until(pilot, lambda: len(desk.deeds) == 1)


async def test_what_differs_is_shown_before_a_sync_is_asked_for() -> None:
    desk = Desk(planned())
    app = _app(desk, Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("S")
        await shows(pilot, "Have ArgoCD sync payments/dev", "What differs from git")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await pilot.press("S")
        await until(pilot, lambda: isinstance(app.screen, ConsentScreen))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: desk.deeds == [("sync", str(DEV))])
        await pilot.press("R")
        await until(pilot, lambda: ("recheck", str(DEV)) in desk.deeds)


async def test_read_only_compares_and_does_nothing_else() -> None:
    desk = Desk(planned())
    app = _app(desk, Hand(), read_only=True)
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        for key in ("S", "R"):
            await pilot.press(key)
        await pilot.press("v", *"database_url", "enter")
        await until(pilot, lambda: sum("READ-ONLY" in note.text for note in app._store.notes) == 3)
        assert isinstance(app.screen, TenantScreen)
        await pilot.press("m")
        await shows(pilot, "✔ same")
        assert desk.deeds == [("compare", str(DEV))]


async def test_a_fix_of_the_portal_is_done_after_its_review() -> None:
    desk = Desk(planned())
    app = _app(desk, Hand())
    async with app.run_test(size=(120, 30)) as pilot:
        await _open(pilot, DEV)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await until(pilot, lambda: len(desk.intents) == 1)


@pytest.mark.parametrize(
    ("fix", "line"),
    [
        ("portal rotate payments/dev database", "rotate payments/dev database"),
        ("portal apply -f service.yaml -e dev", "repair payments/dev"),
        ("portal apply -f service.yaml -e prod", ""),
        ("portal secrets compare payments/dev", "compare payments/dev"),
        ("portal rotate other/dev database", ""),
        ("portal doctor", ""),
        ("kubectl -n payments get pods; rm -rf /", ""),
        ("", ""),
    ],
)
def test_only_a_fix_about_the_tenant_itself_is_run(fix: str, line: str) -> None:
    assert fix_line(DEV, fix) == line
