"""Onboarding, rotating and taking down from the interface: form, plan, consent, progress, going on later."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Button, Input

from portal.core.facets import TenantKey
from portal.core.observed import Seen
from portal.core.plan import Operation, Plan, plan_lines
from portal.errors import PortalError, RefusedError
from portal.tui.app import PortalApp
from portal.tui.intents import Intent, Offboard, Onboard, Resume, Rotate
from portal.tui.open_work import OpenWork
from portal.tui.present.activity import Outcome
from portal.tui.present.form import answered, asked
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.plan import plan_pieces
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.form import FormScreen
from portal.tui.screens.logs import LogsScreen
from portal.tui.screens.review import ReviewScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.screens.unfinished import UnfinishedScreen
from tests.core.assess.tenant import NOW, TENANT
from tests.core.assess.tenant import healthy as held_healthy
from tests.tui.doubles import Desk, planned
from tests.tui.screen import Hand, flat, shows, text, until
from tests.tui.views import Played, broken, healthy, view

CANARY = "canary-value-3f2a"


def _app(desk: Desk, *, read_only: bool = False, directory: Path | None = None) -> PortalApp:
    return PortalApp(
        Played(view(healthy(), broken())),
        title="test",
        rehearsal=False,
        read_only=read_only,
        desk=lambda: desk,
        directory=directory,
        monotonic=Hand(),
    )


def test_the_review_shows_the_very_text_of_theplanned() -> None:
    plan = planned()
    assert [piece.text for piece in plan_pieces(plan)] == list(plan_lines(plan))
    assert [piece.tone for piece in plan_pieces(plan)][1:3] == [Tone.GOOD, Tone.FAINT]


def test_defaults_follow_from_earlier_answers_and_faults_say_what_is_wrong() -> None:
    found = answered({"name": "identity-service", "image": "nothing", "into": "moon"}, ("dev",))
    assert found.answers["namespace"] == "identity-service"
    assert found.faults["image"].startswith("an image is")
    assert found.faults["into"] == "one of dev"
    assert found.faults["team"] == "is needed"
    assert found.suggestion("port") == "8080"


@given(st.dictionaries(st.sampled_from(["name", "team", "image", "port", "cache", "secrets"]), st.text()))
def test_any_answers_are_judged(typed: Mapping[str, str]) -> None:
    found = answered(typed, ("dev",))
    assert set(found.faults) == set(found.answers)


def test_complete_answers_are_a_service() -> None:
    typed = {"name": "payments", "team": "money", "image": "ghcr.io/acme/payments:1.0.0"}
    wanted = asked(answered(typed, ("dev",)))
    assert (wanted.spec.name, wanted.environment) == ("payments", "dev")


async def test_a_service_is_onboarded_from_the_form_to_its_chain() -> None:
    desk = Desk(planned(inputs=("openai_api_key",)))
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("ctrl+s")
        await shows(pilot, "Name of the service: is needed")
        await pilot.press(*"Identity", "enter", *"platform", "enter", "enter")
        await pilot.press(*"ghcr.io/acme/identity:1.4.2", "ctrl+s")
        await shows(pilot, "Name of the service: ")
        box = app.screen.query_one("#q-name", Input)
        assert box.has_focus
        box.value = "identity-service"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await shows(pilot, "identity-service-dev does not exist", "1 to create", "is there [b]")
        assert isinstance(desk.intents[0], Onboard)
        await pilot.press("ctrl+s")
        await shows(pilot, "A value is missing: openai_api_key")
        await pilot.press(*CANARY)
        assert CANARY not in text(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await shows(pilot, "✔ all steps done", "✔ identity-service/dev role (1.0 s)", "1 spec")
        plan, inputs = desk.done[0]
        assert plan.tenant == TENANT
        assert inputs["openai_api_key"].reveal("the test typed it") == CANARY


async def test_a_form_that_is_closed_keeps_what_was_typed() -> None:
    app = _app(Desk(planned()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.screen, FormScreen))
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press(*"payments", "escape", "o")
        await until(pilot, lambda: isinstance(app.screen, FormScreen) and isinstance(app.focused, Input))
        assert app.screen.query_one("#q-name", Input).value == "payments"


async def test_a_megabyte_pasted_into_the_form_is_refused_and_nothing_is_lost() -> None:
    app = _app(Desk(planned()))
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("o")
        await until(pilot, lambda: isinstance(app.focused, Input))
        box = app.screen.query_one("#q-name", Input)
        box.value = "payments"
        box.insert_text_at_cursor("y" * (1 << 20))
        await pilot.pause()
        assert box.value == "payments"


@pytest.mark.parametrize(
    ("line", "operation", "intent"),
    [
        pytest.param(
            ":rotate identity-service/dev jwt", Operation.ROTATE, Rotate(TENANT, "jwt"), id="rotate"
        ),
        pytest.param(":offboard identity-service/dev", Operation.OFFBOARD, Offboard(TENANT), id="offboard"),
    ],
)
async def test_rotating_and_taking_down_are_plans_too(
    line: str, operation: Operation, intent: Intent
) -> None:
    desk = Desk(planned(operation))
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press(*line, "enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await shows(pilot, "1 to create")
        assert desk.intents == [intent]
        await pilot.press("ctrl+s")
        if operation is Operation.OFFBOARD:
            await shows(pilot, "Type identity-service/dev to go on.")
            assert not desk.done
            await pilot.press(*"identity-service/dev", "ctrl+s")
        await until(pilot, lambda: bool(desk.done))


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        pytest.param(
            planned(refusals=("the role is not ours",)), "refused: the role is not ours", id="refused"
        ),
        pytest.param(
            RefusedError("no such [b]tenant\x1b[2J", hint="Look"), "no such [b]tenant", id="no plan"
        ),
    ],
)
async def test_what_cannot_be_done_says_why_and_offers_nothing(plan: Plan | PortalError, told: str) -> None:
    desk = Desk(plan)
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press(*":rotate identity-service/dev jwt", "enter")
        await shows(pilot, told)
        assert app.screen.query_one("#review-agree", Button).disabled
        await pilot.press("ctrl+s", "escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        assert not desk.done


async def test_read_only_shows_the_plan_and_does_nothing() -> None:
    desk = Desk(planned())
    app = _app(desk, read_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "READ-ONLY", "2 tenants")
        await pilot.press(*":rotate identity-service/dev jwt", "enter")
        await shows(pilot, "READ-ONLY: this can be looked at, not done.")
        await pilot.press("ctrl+s")
        assert isinstance(app.screen, ReviewScreen)
        assert not desk.done


async def test_a_failure_is_told_and_the_next_work_may_begin() -> None:
    desk = Desk(planned(), failing="the role belongs to somebody else")
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        for number in (1, 2):
            await pilot.press(*":rotate identity-service/dev jwt", "enter")
            await shows(pilot, "1 to create")
            await pilot.press("ctrl+s")
            await until(pilot, lambda number=number: len(desk.done) == number)  # type: ignore[misc]
            await shows(pilot, "✖ failed: the role belongs to somebody else")
        assert app.background.activity.outcome is Outcome.FAILED


async def test_unfinished_work_is_offered_at_the_start() -> None:
    lines = (Piece("! identity-service/dev onboard"), Piece("  begun yesterday; 3 of 7 steps done"))
    busy = OpenWork(TenantKey("other", "dev"), Operation.ONBOARD, "", lines, "another process works on it")
    desk = Desk(planned(), work=(busy, OpenWork(TENANT, Operation.ONBOARD, "", lines)))
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, UnfinishedScreen))
        await shows(pilot, "3 of 7 steps done")
        await pilot.press("enter")
        await shows(pilot, "another process works on it")
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ReviewScreen))
        await shows(pilot, "1 to create")
        assert desk.intents == [Resume(TENANT)]


async def test_later_means_later_and_asking_again_finds_it() -> None:
    desk = Desk(planned(), work=(OpenWork(TENANT, Operation.ROTATE, "jwt", (Piece("! jwt"),)),))
    app = _app(desk)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, UnfinishedScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, FleetScreen))
        await pilot.press("u")
        await until(pilot, lambda: isinstance(app.screen, UnfinishedScreen))
        await pilot.press("enter")
        await until(pilot, lambda: desk.intents == [Rotate(TENANT, "jwt")])


async def test_nothing_unfinished_is_said_only_when_asked() -> None:
    app = _app(Desk(planned()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        assert "unfinished" not in flat(app)
        await pilot.press("u")
        await until(pilot, lambda: any("Nothing is unfinished" in note.text for note in app._store.notes))


@pytest.mark.parametrize("failing", ["", "pods/log is forbidden"], ids=["read", "denied"])
async def test_logs_are_followed_and_filtered(failing: str) -> None:
    desk = Desk(planned(), failing=failing)
    app = _app(desk)
    fleet = app._store._fleet
    assert isinstance(fleet, Played)
    fleet.held[TENANT] = Seen(held_healthy(), NOW)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press(*":t identity", "enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        await pilot.press("l")
        await until(pilot, lambda: isinstance(app.screen, LogsScreen))
        if failing:
            await shows(pilot, "✖ identity-service-1-a/identity-service (1 of 2): pods/log is forbidden")
            return
        await shows(pilot, "ready to serve", "ERROR [b]lost�[2J")
        await pilot.press(*"error")
        await until(pilot, lambda: "ready to serve" not in text(app))
        await shows(pilot, "ERROR [b]lost")
        await pilot.press(*" nothing")
        await shows(pilot, "no line contains error nothing")


async def test_a_tenant_without_pods_has_no_logs() -> None:
    app = _app(Desk(planned()))
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(pilot, "2 tenants")
        await pilot.press("enter", "l")
        await until(pilot, lambda: any("No container" in note.text for note in app._store.notes))
