"""Draw the pictures of the README from views made by hand: `make shots`."""

import asyncio
import sys
from pathlib import Path

from portal.core.chain import FleetView
from portal.tui.app import PortalApp
from portal.tui.widgets.fleet_table import FleetTable
from tests.tui.views import Played, broken, healthy, view

DOCS = Path(__file__).parents[2] / "docs"
SIZE = (100, 28)


async def draw(name: str, shown: FleetView, *keys: str) -> None:
    """One picture after the keys were pressed."""
    app = PortalApp(Played(shown), title="rehearsal", rehearsal=True, monotonic=lambda: 0.0)
    async with app.run_test(size=SIZE) as pilot:
        while not app.screen.query_one(FleetTable).row_count:
            await pilot.pause()
        await pilot.press(*keys)
        await pilot.pause()
        DOCS.mkdir(exist_ok=True)
        (DOCS / f"{name}.svg").write_text(app.export_screenshot(title=f"portal: {name}"))


async def main() -> None:
    fleet = view(healthy(), healthy("deepagents-runtime"), broken())
    await draw("fleet", fleet)
    await draw("tenant", fleet, "enter")


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
