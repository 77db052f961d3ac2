"""Draw the pictures of the README from views made by hand: `make shots`."""

import asyncio
import sys
from pathlib import Path

from portal.core.chain import FleetView
from portal.tui.app import PortalApp
from portal.tui.widgets.fleet_table import FleetTable
from tests.tui.views import Played, broken, healthy, progressing, unknown, view

DOCS = Path(__file__).parents[2] / "docs"
TIERS = dict.fromkeys(("postgres", "ssm", "cache", "cluster"), "embedded")
FLEET_SIZE, TENANT_SIZE = (110, 20), (110, 26)


async def draw(name: str, size: tuple[int, int], shown: FleetView, *keys: str) -> None:
    """One picture after the keys were pressed."""
    app = PortalApp(Played(shown), title="rehearsal", rehearsal=True, tiers=TIERS, monotonic=lambda: 0.0)
    async with app.run_test(size=size) as pilot:
        while not app.screen.query_one(FleetTable).row_count:
            await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        DOCS.mkdir(exist_ok=True)
        (DOCS / f"{name}.svg").write_text(app.export_screenshot(title=f"portal: {name}"))


async def main() -> None:
    fleet = view(
        healthy(), healthy("deepagents-runtime"), broken(), progressing("billing"), unknown("search")
    )
    await draw("fleet", FLEET_SIZE, fleet)
    await draw("tenant", TENANT_SIZE, fleet, "enter")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
