"""The application: follows the live fleet, keeps the store, paints the fleet first.

Whatever the first frame does not need is imported after it, on a thread, so that keys are answered
meanwhile.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import App
from textual.command import Provider
from textual.events import Event, Key
from textual.filter import LineFilter, NoColor
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.theme import Theme

from portal.core.wording import plain
from portal.errors import told
from portal.tui.background import Background
from portal.tui.bindings import ACTIVITY, APP, FLEET_TABLE
from portal.tui.follow import Follower
from portal.tui.later import COLLECTING, threaded
from portal.tui.messages import (
    ActivityEnded,
    ActivityMoved,
    LineBegun,
    LogsAsked,
    OrderGiven,
    StreamEnded,
    TenantAsked,
    ViewArrived,
)
from portal.tui.present.activity import Outcome
from portal.tui.present.banner import banner
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.live import LiveScreen
from portal.tui.store import Store
from portal.tui.themes import FIRST, LOOKS
from portal.tui.typist import Typist
from portal.tui.widgets.fleet_table import FleetTable

if TYPE_CHECKING:
    from portal.ports import Switchboard
    from portal.settings import InterfaceSettings
    from portal.tui.background import Work
    from portal.tui.desk import Desk
    from portal.tui.follow import LiveFleet
    from portal.tui.orders import Drills, Orders
    from portal.tui.present.commands import Order

CRASHED, FAILED, STOPPED = 1, 1, 130


def _commands() -> type[Provider]:
    """What the palette offers, imported when it is opened."""
    from portal.tui.palette import Commands  # noqa: PLC0415 - the first frame does not need it

    return Commands


class PortalApp(App[None]):
    """Paints first, then follows the fleet; the rows last seen stay whatever happens to the sources."""

    CSS_PATH = "portal.tcss"
    BINDINGS = APP
    theme = Reactive(FIRST)
    COMMANDS: ClassVar = {_commands}
    TITLE = "portal"

    def __init__(
        self,
        fleet: "LiveFleet",
        *,
        title: str,
        rehearsal: bool,
        read_only: bool = False,
        tiers: Mapping[str, str] | None = None,
        work: "Work | None" = None,
        desk: "Callable[[], Desk] | None" = None,
        board: "Switchboard | None" = None,
        drill: "Drills | None" = None,
        colour: bool = True,
        interface: "InterfaceSettings | None" = None,
        directory: Path | None = None,
        state: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`directory` is where files go that are asked for, the working directory unless given, `state` where
        saved filters are kept; `desk` is made on a thread, once something is on the screen.
        """
        super().__init__()
        self.no_color = self.no_color or not colour
        self._store = Store(monotonic, fleet)
        self._follower = Follower(fleet, self.post_message)
        self._working = work is not None
        self.background = Background(work, self.post_message)
        self._directory = directory
        self._fleet = FleetScreen(
            self._store, banner(title, tiers or {}, rehearsal=rehearsal, read_only=read_only)
        )
        self._typist = Typist(lambda: self.focused or self.screen, lambda: self.call_later(self._next_key))
        self._board = board
        self._drill = drill
        self._desk = desk
        self._read_only = read_only
        self._hired: asyncio.Future[Orders] | None = None
        # What is begun at once, as in a rehearsal, is not offered; read-only goes on with nothing.
        self._offered = work is not None or read_only
        for look in LOOKS.values():
            self.register_theme(look.theme)
        self.console.push_theme(LOOKS[FIRST].styles)
        self._interface = interface
        self._state = state
        if interface is not None and interface.theme in LOOKS:
            self.theme = interface.theme

    def get_default_screen(self) -> FleetScreen:
        return self._fleet

    def on_mount(self) -> None:
        if self._interface is not None:
            self.set_keymap(dict(self._interface.keys))
        self.call_after_refresh(self._begin)

    async def on_event(self, event: Event) -> None:
        """Keys are handed on one after the other."""
        if isinstance(event, Key) and not event.is_forwarded:
            await self._typist.typed(event, super().on_event)
        else:
            await super().on_event(event)

    async def _next_key(self) -> None:
        await self._typist.typed(None, super().on_event)

    def get_theme(self, theme_name: str) -> Theme | None:
        """Ours are known before they are registered, so that the first frame is styled once."""
        look = LOOKS.get(theme_name)
        return look.theme if look is not None else super().get_theme(theme_name)

    def watch_theme(self, name: str) -> None:
        """The tones of text change with the grounds."""
        self.console.pop_theme()
        self.console.push_theme(LOOKS.get(name, LOOKS[FIRST]).styles)
        for screen in self._live_screens():
            screen.refresh_view()
            screen.refresh_activity()
            screen.query("Laid").refresh()
            for table in screen.query(FleetTable):
                table.forget()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour no colour at all, not even shades of grey."""
        filters = [*super().get_line_filters()]
        filters += [NoColor()] if self.no_color else []
        if self._interface is not None and self._interface.ascii:
            from portal.tui.plain_characters import Ascii  # noqa: PLC0415 - few terminals need it

            filters.append(Ascii())
        return filters

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "activity":
            return self._working
        return super().check_action(action, parameters)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,
    ) -> None:
        """Tell in passing, and keep it for the notes; text from outside is made harmless."""
        self._store.note(message, severity)
        super().notify(plain(message), title=title, severity=severity, timeout=timeout, markup=markup)

    async def orders(self) -> "Orders":
        """Whoever carries orders out."""
        if self._hired is None:
            self._hired = asyncio.ensure_future(threaded(self._hire))
        return await asyncio.shield(self._hired)

    def _hire(self) -> "Orders":
        from portal.tui.orders import Orders  # noqa: PLC0415 - imported on a thread, after the first paint

        return Orders(
            self,
            self._store,
            self._fleet,
            desk=self._desk() if self._desk is not None else None,
            board=self._board,
            directory=self._directory,
            read_only=self._read_only,
            interface=self._interface,
            state=self._state,
            drills=self._drill,
        )

    async def obey(self, order: "Order") -> None:
        """Do what a command asks for."""
        (await self.orders()).obey(order)

    async def action_command(self) -> None:
        await self.action_begin("")

    async def action_begin(self, line: str) -> None:
        """Open the command line with this in it."""
        await (await self.orders()).ask(line)

    async def action_help(self) -> None:
        table = FLEET_TABLE if isinstance(self.screen, FleetScreen) else []
        shown = [key for key in APP if self._working or key is not ACTIVITY]
        (await self.orders()).help([*table, *type(self.screen).BINDINGS, *shown])

    async def action_onboard(self) -> None:
        """The form, then the plan."""
        (await self.orders()).changes.form()

    async def action_resume(self) -> None:
        self._offer(quiet=False)

    async def action_world(self) -> None:
        (await self.orders()).places.world()

    async def action_notes(self) -> None:
        (await self.orders()).places.notes()

    async def action_fleet(self) -> None:
        (await self.orders()).places.visit(None)

    async def action_back(self) -> None:
        (await self.orders()).places.move(-1)

    async def action_forward(self) -> None:
        (await self.orders()).places.move(1)

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

    def begun(self) -> None:
        """Show the steps of what was begun."""
        self._working = True
        self._store.activity_opened = True

    @on(TenantAsked)
    async def _asked(self, event: TenantAsked) -> None:
        (await self.orders()).places.visit(event.tenant)

    @on(LogsAsked)
    async def _logs_asked(self, event: LogsAsked) -> None:
        (await self.orders()).logs(event.tenant)

    @on(OrderGiven)
    async def _order_given(self, event: OrderGiven) -> None:
        (await self.orders()).given(event.name, event.argument)

    @on(LineBegun)
    async def _line_begun(self, event: LineBegun) -> None:
        await self.action_begin(event.line)

    @on(ViewArrived)
    def _arrived(self, event: ViewArrived) -> None:
        self._store.put(event.view)
        self._redraw()
        if not self._offered:
            self._offered = True
            self._offer(quiet=True)

    @on(StreamEnded)
    def _ended(self, event: StreamEnded) -> None:
        self._store.interrupt(event.reason, event.retry_in)
        self._store.note(f"the live view ended: {event.reason}", "warning")
        self._redraw()

    @on(ActivityMoved)
    def _moved(self) -> None:
        self._store.activity = self.background.activity
        for screen in self._live_screens()[-1:]:
            screen.refresh_activity()

    @on(ActivityEnded)
    def _over(self) -> None:
        self._moved()
        if self.background.asked_to_stop:
            self.exit()

    def _offer(self, *, quiet: bool) -> None:
        self.run_worker(self._offered_work(quiet=quiet), group="offer", exclusive=True, exit_on_error=False)

    async def _offered_work(self, *, quiet: bool) -> None:
        await (await self.orders()).changes.offer(quiet=quiet)

    def _begin(self) -> None:
        COLLECTING.begin()
        self.run_worker(self._follower.run(), name="live fleet", group="live", exit_on_error=False)
        self.run_worker(self._settle(), name="imports", group="imports", exit_on_error=False)
        self.background.begin()
        self._moved()

    async def _settle(self) -> None:
        orders = await self.orders()
        COLLECTING.spare()
        orders.complain()

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
    status: "LiveFleet",
    *,
    title: str,
    rehearsal: bool,
    read_only: bool = False,
    tiers: Mapping[str, str] | None = None,
    background: "Work | None" = None,
    desk: "Callable[[], Desk] | None" = None,
    board: "Switchboard | None" = None,
    drill: "Drills | None" = None,
    colour: bool = True,
    interface: "InterfaceSettings | None" = None,
    state: Path | None = None,
) -> int:
    """Run until the user leaves, then end the background work after its present step.

    The exit code is 1 when the interface crashed or the work failed, 130 when leaving stopped the work;
    a cancelled run raises CancelledError once the screen is restored.
    """
    app = PortalApp(
        status,
        title=title,
        rehearsal=rehearsal,
        read_only=read_only,
        tiers=tiers,
        work=background,
        desk=desk,
        board=board,
        drill=drill,
        colour=colour,
        interface=interface,
        state=state,
    )
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
