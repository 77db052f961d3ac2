"""Draw the pictures of the README from views made by hand: `make shots`."""

import asyncio
import sys
from pathlib import Path

from portal.core.observed import Seen
from portal.core.plan import Operation, Plan, Step, StepKind, Symbol
from portal.core.spec import from_mapping
from portal.tui.app import PortalApp
from portal.tui.open_work import OpenWork
from portal.tui.present.pieces import Piece
from portal.tui.widgets.fleet_table import FleetTable
from tests.core.assess import tenant as held
from tests.tui.doubles import Board, Desk
from tests.tui.views import Played, broken, healthy, progressing, unknown, view

TURNS = 5
DOCS = Path(__file__).parents[2] / "docs"
TIERS = dict.fromkeys(("postgres", "ssm", "cache", "cluster"), "embedded")
PLAN = Plan(
    held.TENANT,
    from_mapping(held.SPEC),
    (
        Step("branch", Symbol.KEEP, StepKind.BRANCH, "shiny-wind-028834/main", "is there"),
        Step("role", Symbol.CREATE, StepKind.ROLE, "identity-service-dev", "does not exist"),
        Step("database", Symbol.CREATE, StepKind.DATABASE, "identity-service-dev", "does not exist"),
        Step(
            "parameter:database_url",
            Symbol.CREATE,
            StepKind.PARAMETER,
            "/zerotouch/dev/identity-service/database_url",
            "does not exist",
        ),
        Step("commit", Symbol.CREATE, StepKind.COMMIT, "tenants/identity-service", "9 files"),
        Step("verify", Symbol.CHANGE, StepKind.VERIFY, "identity-service/dev", "until every hop is healthy"),
    ),
    inputs=("openai_api_key",),
)
WORK = OpenWork(held.TENANT, Operation.ONBOARD, "", (Piece("! identity-service/dev onboard"),))
# Name → size, and what is typed: a text is typed key by key, a tuple holds the names of keys.
SHOTS: dict[str, tuple[tuple[int, int], tuple[str | tuple[str, ...], ...]]] = {
    "fleet": ((110, 20), ()),
    "tenant": ((110, 26), (("enter",),)),
    "secrets": ((110, 24), (":t identity", ("enter", "3"))),
    "plan": ((110, 24), (("enter",),)),
    "world": ((110, 24), (("w",),)),
}


def _app(work: tuple[OpenWork, ...]) -> PortalApp:
    fleet = Played(
        view(healthy(), healthy("deepagents-runtime"), broken(), progressing("billing"), unknown("search"))
    )
    fleet.held[held.TENANT] = Seen(held.healthy(), held.NOW)
    return PortalApp(
        fleet,
        title="rehearsal",
        rehearsal=True,
        tiers=TIERS,
        desk=lambda: Desk(PLAN, work=work),
        board=Board(),
        monotonic=lambda: 0.0,
    )


async def draw(name: str) -> None:
    """One picture after the keys were pressed."""
    size, typed = SHOTS[name]
    app = _app((WORK,) if name == "plan" else ())
    async with app.run_test(size=size) as pilot:
        while not app._fleet.query_one(FleetTable).row_count:
            await pilot.pause()
        for keys in typed:
            await pilot.press(*keys)
            await pilot.pause()
        for _ in range(TURNS):
            await pilot.pause()
        DOCS.mkdir(exist_ok=True)
        (DOCS / f"{name}.svg").write_text(app.export_screenshot(title=f"portal: {name}"))


async def main() -> None:
    for name in SHOTS:
        await draw(name)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
