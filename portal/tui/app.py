"""The application: follows the live fleet, keeps the store, hosts the screens, obeys commands."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

from rich.text import Text
from textual import on
from textual.app import App
from textual.filter import LineFilter, NoColor
from textual.notifications import SeverityLevel
from textual.reactive import Reactive
from textual.theme import Theme

from portal.core.facets import TenantKey
from portal.core.switchboard import ACTIONS, read_rule
from portal.core.wording import plain
from portal.errors import PortalError, UsageError, told
from portal.ports import Switchboard
from portal.tui.background import Background, Work
from portal.tui.bindings import ACTIVITY, APP, FLEET_TABLE
from portal.tui.changes import Changes
from portal.tui.desk import Desk
from portal.tui.follow import Follower, LiveFleet
from portal.tui.intents import Offboard, Rotate
from portal.tui.messages import ActivityEnded, ActivityMoved, LogsAsked, StreamEnded, TenantAsked, ViewArrived
from portal.tui.palette import Commands
from portal.tui.present.activity import Outcome
from portal.tui.present.arrange import Wish
from portal.tui.present.banner import banner
from portal.tui.present.commands import FIXED, NONE, Order, Vocabulary
from portal.tui.present.exports import exported
from portal.tui.present.filtering import read_filter
from portal.tui.present.logs import places
from portal.tui.present.notes import note_lines
from portal.tui.present.world import targets
from portal.tui.saving import save
from portal.tui.screens.command import CommandScreen
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.live import LiveScreen
from portal.tui.screens.notes import NotesScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.screens.world import WorldScreen
from portal.tui.store import Store
from portal.tui.themes import FIRST, LOOKS
from portal.tui.trail import Place, Trail

CRASHED, FAILED, STOPPED = 1, 1, 130
ALL = "all"
KEPT_LINES = 100


class PortalApp(App[None]):
    """Paints first, then follows the fleet; the rows last seen stay whatever happens to the sources."""

    CSS_PATH = "portal.tcss"
    BINDINGS = APP
    theme = Reactive(FIRST)
    COMMANDS: ClassVar = {Commands}
    TITLE = "portal"

    def __init__(
        self,
        fleet: LiveFleet,
        *,
        title: str,
        rehearsal: bool,
        read_only: bool = False,
        tiers: Mapping[str, str] | None = None,
        work: Work | None = None,
        desk: Desk | None = None,
        board: Switchboard | None = None,
        colour: bool = True,
        directory: Path | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`directory` is where files go that are asked for, the working directory unless given."""
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
        self._trail = Trail()
        self._board = board
        self._changes = Changes(self, desk, self.background, read_only=read_only)
        # What is begun at once, as in a rehearsal, is not offered; read-only goes on with nothing.
        self._offered = work is not None or read_only
        self._lines: list[str] = []
        for look in LOOKS.values():
            self.register_theme(look.theme)
        self.console.push_theme(LOOKS[FIRST].styles)

    def get_default_screen(self) -> FleetScreen:
        return self._fleet

    def on_mount(self) -> None:
        self.call_after_refresh(self._begin)

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
            screen.query("Laid, FleetTable").refresh()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without colour no colour at all, not even shades of grey."""
        return [*super().get_line_filters(), NoColor()] if self.no_color else super().get_line_filters()

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

    def vocabulary(self) -> Vocabulary:
        """What may stand behind the commands now."""
        world = self._store.world.state
        tenants = [str(verdict.tenant) for verdict in self._store.view.tenants]
        return {
            **FIXED,
            "tenant": tenants,
            "fault": targets(self._store.world.calls, ACTIONS),
            "rule": [*(rule.id for rule in world.faults), ALL] if world is not None else [ALL],
            "credential": [f"{tenant} {key}" for tenant in tenants for key in ("database", "jwt")],
            "environment": [*self._store.environments, ALL],
            "theme": list(LOOKS),
        }

    def obey(self, order: Order) -> None:
        """Do what a command asks for."""
        argument = order.argument
        match order.name:
            case "fleet":
                self._visit(None)
            case "tenant":
                self._visit(_key(argument))
            case "theme":
                self.theme = argument
            case "rotate":
                tenant, _, key = argument.partition(" ")
                self._changes.review(Rotate(_key(tenant), key.strip()))
            case "offboard":
                self._changes.review(Offboard(_key(argument)))
            case "fault" | "unfault":
                self.run_worker(self._switch(order), group="fault", exit_on_error=False)
            case "export":
                self.run_worker(self._export(argument or "json"), exit_on_error=False)
            case "screenshot":
                self.run_worker(self._picture(), exit_on_error=False)
            case "filter" | "faults" | "sort" | "group" | "environment":
                self._visit(None)
                self._wish(order)
            case name:
                self.call_later(self.run_action, name)

    def action_command(self) -> None:
        self.action_begin("")

    def action_begin(self, line: str) -> None:
        """Open the command line with this in it."""
        self.push_screen(CommandScreen(self.vocabulary(), self._lines, line), self._given)

    def action_help(self) -> None:
        table = FLEET_TABLE if isinstance(self.screen, FleetScreen) else []
        shown = [key for key in APP if self._working or key is not ACTIVITY]
        self.push_screen(HelpScreen([*table, *type(self.screen).BINDINGS, *shown]))

    def action_onboard(self) -> None:
        """The form, then the plan."""
        self._changes.form()

    async def action_resume(self) -> None:
        self._offer(quiet=False)

    def action_world(self) -> None:
        if self._board is None:
            self.notify("This is no rehearsal.", severity="warning")
            return
        self._show(None)
        self.push_screen(WorldScreen(self._store, self._fleet.banner, self._board))

    def action_notes(self) -> None:
        self.push_screen(NotesScreen(note_lines(self._store.notes)))

    def action_refresh(self) -> None:
        self._follower.refresh()
        self.notify("Asking every source again.", timeout=2)

    def action_activity(self) -> None:
        self._store.activity_opened = not self._store.activity_opened
        self._moved()

    def action_fleet(self) -> None:
        self._visit(None)

    async def action_back(self) -> None:
        self._move(-1)

    def action_forward(self) -> None:
        self._move(1)

    async def action_quit(self) -> None:
        """Leave; work under way first finishes its present step, unless asked twice."""
        if self.background.running and self.background.activity.outcome is not Outcome.STOPPING:
            self.background.stop()
        else:
            self.exit()

    @on(TenantAsked)
    def _asked(self, event: TenantAsked) -> None:
        self._visit(event.tenant)

    @on(LogsAsked)
    def _logs_asked(self, event: LogsAsked) -> None:
        self._changes.logs(event.tenant, places(self._store.seen(event.tenant)))

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

    def _given(self, order: Order | None) -> None:
        if order is not None:
            self._lines = [*self._lines, f"{order.name} {order.argument}".strip()][-KEPT_LINES:]
            self.obey(order)

    def _offer(self, *, quiet: bool) -> None:
        work = self._changes.offer(quiet=quiet)
        self.run_worker(work, group="offer", exclusive=True, exit_on_error=False)

    def begun(self, tenant: TenantKey) -> None:
        """Show the steps of what was begun, and the tenant it is about."""
        self._working = True
        self._store.activity_opened = True
        self._visit(tenant)

    def _visit(self, place: Place) -> None:
        self._trail.go(place)
        self._show(place)

    def _move(self, by: int) -> None:
        place = self._trail.move(by)
        if place is False:
            self.notify("There is no place before." if by < 0 else "There is no place after.", timeout=2)
        else:
            self._show(cast("Place", place))

    def _show(self, place: Place) -> None:
        while self.screen is not self._fleet:
            self.pop_screen()
        if place is not None:
            self.push_screen(TenantScreen(self._store, self._fleet.banner, place))

    def _wish(self, order: Order) -> None:
        try:
            self._fleet.wish(_wished(self._store.wish, order))
        except UsageError as error:
            self.notify(error.cause, severity="error")

    async def _switch(self, order: Order) -> None:
        """Break something in the world, or mend it."""
        if self._board is None:
            self.notify("Only a rehearsal can be broken on purpose.", severity="warning")
            return
        try:
            if order.name == "fault":
                rule = await self._board.add(read_rule(order.argument))
                self.notify(f"Fault {rule.id}: {rule.at} {rule.action}")
            else:
                await self._board.remove("" if order.argument == ALL else order.argument)
                self.notify(f"Taken away: {order.argument}")
        except PortalError as error:
            self.notify(error.cause, severity="error")
        if isinstance(self.screen, WorldScreen):
            self.screen.look()

    async def _export(self, form: str) -> None:
        await self._kept(form, partial(exported, self._store.listed(), form))

    async def _picture(self) -> None:
        await self._kept("svg", self.export_screenshot)

    async def _kept(self, suffix: str, make: Callable[[], str]) -> None:
        try:
            path = await save(self._directory or Path.cwd(), "portal", suffix, make())
        except PortalError as error:
            self.notify(error.cause, severity="error")
        else:
            self.notify(f"Written to {path}")

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


def _wished(wish: Wish, order: Order) -> Wish:
    """The wish after a command about it."""
    argument = order.argument
    match order.name:
        case "filter":
            return replace(wish, filter=read_filter(argument))
        case "faults":
            return replace(wish, faults_only=argument == "on" if argument else not wish.faults_only)
        case "sort":
            again = wish.order == argument and not wish.backwards
            return replace(wish, order=argument, backwards=again)
        case "group":
            return replace(wish, grouping="" if argument == NONE else argument, folded=frozenset())
        case _:
            return replace(wish, environment="" if argument == ALL else argument)


def _key(text: str) -> TenantKey:
    service, _, environment = text.partition("/")
    return TenantKey(service, environment)


async def run_app(
    status: LiveFleet,
    *,
    title: str,
    rehearsal: bool,
    read_only: bool = False,
    tiers: Mapping[str, str] | None = None,
    background: Work | None = None,
    desk: Desk | None = None,
    board: Switchboard | None = None,
    colour: bool = True,
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
        colour=colour,
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
