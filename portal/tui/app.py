"""The application: follows the live fleet, keeps the store, hosts the screens."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from rich.text import Text
from textual import on
from textual.app import App
from textual.filter import LineFilter, NoColor

from portal.errors import told
from portal.tui.background import Background, Work
from portal.tui.bindings import ACTIVITY, APP, FLEET_TABLE
from portal.tui.follow import Follower, LiveFleet
from portal.tui.messages import ActivityEnded, ActivityMoved, StreamEnded, ViewArrived
from portal.tui.present.activity import Outcome
from portal.tui.present.banner import banner
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.live import LiveScreen
from portal.tui.store import Store

CRASHED, FAILED, STOPPED = 1, 1, 130


class PortalApp(App[None]):
    """Paints first, then follows the fleet; the rows last seen stay whatever happens to the sources."""

    CSS_PATH = "portal.tcss"
    BINDINGS = APP
    ENABLE_COMMAND_PALETTE = False
    TITLE = "portal"

    def __init__(
        self,
        fleet: LiveFleet,
        *,
        title: str,
        rehearsal: bool,
        tiers: Mapping[str, str] | None = None,
        work: Work | None = None,
        colour: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self.no_color = self.no_color or not colour
        self._store = Store(monotonic)
        self._follower = Follower(fleet, self.post_message)
        self._working = work is not None
        self.background = Background(work, self.post_message)
        self._banner = banner(title, tiers or {}, rehearsal=rehearsal)

    def on_mount(self) -> None:
        self.push_screen(FleetScreen(self._store, self._banner))
        self.call_after_refresh(self._begin)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour no colour at all, not even shades of grey."""
        return [*super().get_line_filters(), NoColor()] if self.no_color else super().get_line_filters()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "activity":
            return self._working
        return super().check_action(action, parameters)

    def action_help(self) -> None:
        table = FLEET_TABLE if isinstance(self.screen, FleetScreen) else []
        shown = [key for key in APP if self._working or key is not ACTIVITY]
        self.push_screen(HelpScreen([*table, *type(self.screen).BINDINGS, *shown]))

    def action_refresh(self) -> None:
        self._follower.refresh()
        self.notify("Asking every source again.", timeout=2)

    def action_activity(self) -> None:
        self._store.activity_opened = not self._store.activity_opened
        self._moved()

    async def action_quit(self) -> None:
        """Leave; work under way first finishes its present step, unless asked twice."""
        if self.background.running and self.background.activity.outcome is not Outcome.STOPPING:
            self.background.stop()
        else:
            self.exit()

    @on(ViewArrived)
    def _arrived(self, event: ViewArrived) -> None:
        self._store.put(event.view)
        self._redraw()

    @on(StreamEnded)
    def _ended(self, event: StreamEnded) -> None:
        self._store.interrupt(event.reason, event.retry_in)
        self._redraw()

    @on(ActivityMoved)
    def _moved(self) -> None:
        self._store.activity = self.background.activity
        for screen in self._live_screens()[-1:]:
            screen.refresh_activity()

    @on(ActivityEnded)
    def _over(self) -> None:
        leaving = self._store.activity.outcome is Outcome.STOPPING
        self._moved()
        if leaving:
            self.exit()

    def _begin(self) -> None:
        self.run_worker(self._follower.run(), name="live fleet", group="live", exit_on_error=False)
        self.background.begin()
        self._moved()

    def _redraw(self) -> None:
        for screen in self._live_screens()[-1:]:
            screen.refresh_view()

    def _live_screens(self) -> list[LiveScreen]:
        """Those that can be drawn: one that is still being opened draws itself when it is open."""
        return [
            screen for screen in self.screen_stack if isinstance(screen, LiveScreen) and screen.is_mounted
        ]

    def _fatal_error(self) -> None:
        """End without Textual's traceback page, which prints local variables and with them secrets."""
        self.bell()
        what = told(self._exception) if self._exception else "an unknown error"
        self._exit_renderables.append(Text(f"portal ended by {what}. Nothing of its data was printed."))
        self._close_messages_no_wait()


async def run_app(
    status: LiveFleet,
    *,
    title: str,
    rehearsal: bool,
    tiers: Mapping[str, str] | None = None,
    background: Work | None = None,
    colour: bool = True,
) -> int:
    """Run until the user leaves, then end the background work after its present step.

    The exit code is 1 when the interface crashed or the work failed, 130 when leaving stopped the work;
    a cancelled run raises CancelledError once the screen is restored.
    """
    app = PortalApp(status, title=title, rehearsal=rehearsal, tiers=tiers, work=background, colour=colour)
    try:
        await app.run_async()
    finally:
        await app.background.end()
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        # Textual closes for a cancellation and keeps it to itself.
        raise asyncio.CancelledError
    outcome = app.background.activity.outcome
    if app.return_code:
        return app.return_code
    return {Outcome.FAILED: FAILED, Outcome.STOPPED: STOPPED}.get(outcome, 0)
