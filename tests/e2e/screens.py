"""The terminal interface on a live world, without a terminal: pictures of its screens."""

import html
import re

from textual.pilot import Pilot

from portal.bootstrap import services, world_settings
from portal.tui.app import PortalApp
from tests.e2e.world import Live

LOOKS = 600


async def pictures(live: Live, tenant: str) -> dict[str, str]:
    """SVG of the fleet once it lists the tenant, of that tenant's chain, and of the keys."""
    taken = {}
    async with services(world_settings(live.run_dir)) as ports:
        app = PortalApp(ports.status, title="rehearsal", rehearsal=True)
        async with app.run_test(size=(160, 60)) as pilot:
            taken["fleet"] = await _showing(pilot, tenant)
            await pilot.press("enter")
            taken["chain"] = await _showing(pilot, "current-secret")
            await pilot.press("question_mark")
            taken["keys"] = await _showing(pilot, "Quit")
    return taken


def text_of(picture: str) -> str:
    """What a person reads in an SVG."""
    return html.unescape(re.sub(r"<style.*?</style>|<[^>]*>", "", picture, flags=re.DOTALL)).replace(
        "\xa0", " "
    )


async def _showing(pilot: Pilot[None], words: str) -> str:
    """A picture of the screen that has the words on it."""
    for _ in range(LOOKS):
        picture = pilot.app.export_screenshot()
        if words in text_of(picture):
            return picture
        await pilot.pause(0.05)
    raise AssertionError(f"{words!r} does not show: {text_of(picture)}")
