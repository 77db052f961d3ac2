"""Every screen and every modal of the interface, visited one after the other in one run."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from textual.events import Key
from textual.pilot import Pilot
from textual.widgets import Input

from portal.tui.app import PortalApp
from portal.tui.present.parts import TITLES
from tests.core.assess.tenant import TENANT
from tests.tui.screen import Hand, text, until
from tests.tui.shots import TIERS
from tests.tui.snapshots.states import State
from tests.tui.snapshots.svg import drawn

SIZES = {"80x24": (80, 24), "160x45": (160, 45)}
# Frames of the compositor in a row that have to be the same.
FRAME, SAME, TURNS = 1 / 60, 2, 200
NAMED = {"/": "slash", ":": "colon", "?": "question_mark"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Keys that lead there, a line of the command line, and keys that lead back."""

    name: str
    there: tuple[str, ...] = ()
    line: str = ""
    back: tuple[str, ...] = ("escape",)


FLEET = (
    Scene("fleet"),
    Scene("filter", line="filter state:broken"),
    Scene("filter-fault", ("/", *"no:x")),
    Scene("grouped", line="group environment"),
    Scene("ungrouped", line="group none"),
    Scene("command", (":",)),
    Scene("command-fault", line="tenant nobody/dev"),
    Scene("palette", ("ctrl+p",)),
    Scene("help", ("?",)),
    Scene("notes", ("n",)),
    Scene("form", ("o",)),
    Scene("unfinished", ("u",)),
    Scene("world", ("w",)),
)
OPEN = Scene("open", line=f"tenant {TENANT}")
TENANT_SCENES = (
    *(Scene(f"tenant-{title.lower()}", (str(number),), back=()) for number, title in enumerate(TITLES, 1)),
    Scene("tenant-help", ("?",)),
    Scene("logs", ("l",)),
    Scene("review", line=f"rotate {TENANT} database"),
    Scene("compare", ("m",)),
    Scene("reveal", line=f"reveal {TENANT} database_url"),
    Scene("diff", ("d",)),
    Scene("sync", ("S",)),
)


async def settled(pilot: Pilot[None]) -> None:
    """Nothing on the screen changes any more, and no cursor blinks."""
    app, same, before = pilot.app, 0, ""
    for _ in range(TURNS):
        await pilot._wait_for_screen()
        await asyncio.sleep(FRAME)
        for box in app.screen.query(Input):
            box.cursor_blink = False
        app.screen._on_timer_update()
        now = text(app)
        same, before = same + 1 if now == before else 0, now
        if same == SAME:
            return
    raise AssertionError("the screen does not come to rest")


async def _press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        pilot.app.post_message(Key(NAMED.get(key, key), key if len(key) == 1 else None))
        await pilot._wait_for_screen()


async def _arrive(app: PortalApp, pilot: Pilot[None], scene: Scene) -> None:
    app.clear_notifications()
    if scene.line:
        await app.action_begin(scene.line)
        await settled(pilot)
        await _press(pilot, "enter")
    else:
        await _press(pilot, *scene.there)
    await settled(pilot)


async def _leave(app: PortalApp, pilot: Pilot[None], scene: Scene) -> None:
    app.clear_notifications()
    if scene.back:
        await _press(pilot, *scene.back)
        await settled(pilot)


async def pictures(state: State, size: tuple[int, int]) -> AsyncIterator[tuple[str, str]]:
    """Name and picture of every scene of a state."""
    fleet = state.fleet()
    app = PortalApp(
        fleet,
        title="rehearsal",
        rehearsal=True,
        tiers=TIERS,
        desk=lambda: state.desk,
        board=state.board,
        monotonic=Hand(),
    )
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:
        if state.first is not None:
            await until(pilot, lambda: bool(app._store.view.generated_at))
        await settled(pilot)
        state.desk._work = state.work
        for scene in FLEET:
            await _arrive(app, pilot, scene)
            yield scene.name, drawn(app)
            await _leave(app, pilot, scene)
        state.desk._work = ()
        if state.then is not None:
            fleet.queue.put_nowait(state.then)
            await until(pilot, lambda: bool(app._store.view.tenants))
        await _arrive(app, pilot, OPEN)
        for scene in TENANT_SCENES:
            below = app.screen
            await _arrive(app, pilot, scene)
            yield scene.name, drawn(app)
            # Where a modal was refused, there is nothing to leave.
            if app.screen is not below:
                await _leave(app, pilot, scene)
