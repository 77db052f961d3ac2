"""Work beside the screens: told step by step, its failure kept in sight, stopped after its present step."""

import asyncio

import pytest
from textual.pilot import Pilot

from portal.core.events import Progress, Stage
from portal.errors import InterruptedRun, RefusedError
from portal.ports import Report
from portal.tui.app import PortalApp
from portal.tui.present.activity import Outcome
from portal.tui.screens.tenant import TenantScreen
from tests.tui.screen import flat, portal, shows, text, until
from tests.tui.views import Played, broken, healthy, view

CANARY = "canary-51b0c2"
LONG = "the role payments-dev belongs to somebody else and is not touched, see its comment in the console"


class Steps:
    """Work the test drives: each item is reported, an exception is raised, None ends it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Progress | Exception | None] = asyncio.Queue()
        self.cancels = 0
        self.finish = asyncio.Event()

    async def __call__(self, report: Report) -> None:
        try:
            while (item := await self.queue.get()) is not None:
                if isinstance(item, Exception):
                    raise item
                report(item)
        except asyncio.CancelledError as exc:
            self.cancels += 1
            await self.finish.wait()
            raise InterruptedRun("stopped after the step under way") from exc


def _step(name: str, stage: Stage = Stage.DONE) -> Progress:
    return Progress("payments/dev", name, stage, "a detail", 1.0 if stage is Stage.DONE else None)


def _exited(app: PortalApp) -> bool:
    return app._exit


async def _begun(pilot: Pilot[None], work: Steps) -> None:
    work.queue.put_nowait(_step("role", Stage.STARTED))
    await shows(pilot, "… payments/dev role")


async def test_the_present_step_is_one_line_and_a_key_opens_the_ones_before() -> None:
    work = Steps()
    app = portal(Played(view()), work=work)
    async with app.run_test(size=(80, 24)) as pilot:
        await _begun(pilot, work)
        assert "onboarding is under way" in text(app)
        work.queue.put_nowait(_step("role"))
        work.queue.put_nowait(_step("database", Stage.STARTED))
        await shows(pilot, "… payments/dev database")
        assert "role" not in text(app)
        await pilot.press("a")
        await shows(pilot, "✔ payments/dev role: a detail (1.0 s)")
        work.queue.put_nowait(None)
        await shows(pilot, "✔ all steps done")
        await pilot.press("a")
        await until(pilot, lambda: "a detail" not in text(app))
        assert app.background.activity.outcome is Outcome.DONE


async def test_without_work_there_is_neither_a_line_nor_a_key_for_it() -> None:
    app = portal(Played(view(healthy())))
    async with app.run_test(size=(120, 70)) as pilot:
        await shows(pilot, "1 tenant")
        assert "Activity" not in text(app)
        await pilot.press("question_mark")
        await shows(pilot, "Leave; a rehearsal world ends with it")
        assert "steps of what is under way" not in text(app).partition("Command, after")[0]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_a_failure_is_told_in_full_and_stays_on_every_screen(size: tuple[int, int]) -> None:
    work = Steps()
    fleet = Played(view(broken()))
    app = portal(fleet, work=work)
    async with app.run_test(size=size) as pilot:
        await _begun(pilot, work)
        work.queue.put_nowait(RefusedError(LONG, system="neon", operation="role", hint="Rename the service"))
        await shows(pilot, f"✖ failed: neon role: {LONG}. Rename the service")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, TenantScreen))
        fleet.queue.put_nowait(view(broken(), healthy()))
        await shows(pilot, f"✖ failed: neon role: {LONG}. Rename the service")
        await pilot.press("q")
        await until(pilot, lambda: _exited(app))
        assert app.background.activity.outcome is Outcome.FAILED


async def test_a_fault_of_the_portal_itself_shows_its_kind_and_none_of_its_text() -> None:
    work = Steps()
    app = portal(Played(view(healthy())), work=work)
    async with app.run_test(size=(80, 24)) as pilot:
        await _begun(pilot, work)
        work.queue.put_nowait(ValueError(CANARY))
        await shows(pilot, "✖ failed: a fault of the portal itself: ValueError in test_activity.py")
        assert CANARY not in text(app)
        assert "1 tenant: 1 healthy" in flat(app)


async def test_leaving_waits_for_the_present_step() -> None:
    work = Steps()
    app = portal(Played(view(healthy())), work=work)
    async with app.run_test(size=(80, 24)) as pilot:
        await _begun(pilot, work)
        await pilot.press("q")
        await shows(pilot, "stopping after the present step")
        assert not _exited(app)
        work.finish.set()
        await until(pilot, lambda: _exited(app))
        assert work.cancels == 1
        assert app.background.activity.outcome is Outcome.STOPPED


async def test_leaving_twice_does_not_wait() -> None:
    work = Steps()
    app = portal(Played(view(healthy())), work=work)
    async with app.run_test(size=(80, 24)) as pilot:
        await _begun(pilot, work)
        await pilot.press("q")
        await shows(pilot, "stopping after the present step")
        await pilot.press("q")
        await until(pilot, lambda: _exited(app))
    await app.background.end()
    assert app.background.activity.outcome is Outcome.STOPPED
