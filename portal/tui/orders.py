"""Orders: commands that were given by line, palette or key, and what they do."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from portal.core.facets import TenantKey
from portal.core.switchboard import ACTIONS, read_rule
from portal.errors import PortalError, UsageError
from portal.ports import Switchboard
from portal.tui.changes import Changes
from portal.tui.desk import Desk
from portal.tui.intents import Offboard, Rotate
from portal.tui.places import Places
from portal.tui.present.arrange import Wish
from portal.tui.present.commands import FIXED, NONE, Order, Vocabulary
from portal.tui.present.exports import exported
from portal.tui.present.filtering import read_filter
from portal.tui.present.logs import places
from portal.tui.present.world import WorldView, targets
from portal.tui.saving import save
from portal.tui.screens.command import CommandScreen
from portal.tui.screens.fleet import FleetScreen
from portal.tui.store import Store
from portal.tui.themes import LOOKS

if TYPE_CHECKING:
    from portal.tui.app import PortalApp

ALL = "all"
KEPT_LINES = 100


class Orders:
    """Obeys; whatever cannot be done is told."""

    def __init__(
        self,
        app: "PortalApp",
        store: Store,
        fleet: FleetScreen,
        *,
        desk: Desk | None,
        board: Switchboard | None,
        directory: Path | None,
        read_only: bool,
    ) -> None:
        self._app = app
        self._store = store
        self._fleet = fleet
        self._board = board
        self._directory = directory
        self._lines: list[str] = []
        self.places = Places(app, store, fleet, board)
        self.changes = Changes(app, desk, app.background, begun=self._begun, read_only=read_only)

    def vocabulary(self) -> Vocabulary:
        """What may stand behind the commands now."""
        seen = self._store.world or WorldView()
        world = seen.state
        tenants = [str(verdict.tenant) for verdict in self._store.view.tenants]
        return {
            **FIXED,
            "tenant": tenants,
            "fault": targets(seen.calls, ACTIONS),
            "rule": [*(rule.id for rule in world.faults), ALL] if world is not None else [ALL],
            "credential": [f"{tenant} {key}" for tenant in tenants for key in ("database", "jwt")],
            "environment": [*self._store.environments, ALL],
            "theme": list(LOOKS),
        }

    def ask(self, line: str) -> None:
        """Open the command line with this in it."""
        self._app.push_screen(CommandScreen(self.vocabulary(), self._lines, line), self._given)

    def obey(self, order: Order) -> None:
        """Do what a command asks for."""
        argument = order.argument
        match order.name:
            case "fleet":
                self.places.visit(None)
            case "tenant":
                self.places.visit(_key(argument))
            case "theme":
                self._app.theme = argument
            case "rotate":
                tenant, _, key = argument.partition(" ")
                self.changes.review(Rotate(_key(tenant), key.strip()))
            case "offboard":
                self.changes.review(Offboard(_key(argument)))
            case "fault" | "unfault":
                self._app.run_worker(self._switch(order), group="fault", exit_on_error=False)
            case "export":
                self._app.run_worker(self._export(argument or "json"), exit_on_error=False)
            case "screenshot":
                self._app.run_worker(self._picture(), exit_on_error=False)
            case "filter" | "faults" | "sort" | "group" | "environment":
                self.places.visit(None)
                self._wish(order)
            case name:
                self._app.call_later(self._app.run_action, name)

    def logs(self, tenant: TenantKey) -> None:
        """What its containers write."""
        self.changes.logs(tenant, places(self._store.seen(tenant)))

    def _given(self, order: Order | None) -> None:
        if order is not None:
            self._lines = [*self._lines, f"{order.name} {order.argument}".strip()][-KEPT_LINES:]
            self.obey(order)

    def _begun(self, tenant: TenantKey) -> None:
        """Show the steps of what was begun, and the tenant it is about."""
        self._app.begun()
        self.places.visit(tenant)

    def _wish(self, order: Order) -> None:
        try:
            self._fleet.wish(_wished(self._store.wish, order))
        except UsageError as error:
            self._app.notify(error.cause, severity="error")

    async def _switch(self, order: Order) -> None:
        """Break something in the world, or mend it."""
        if self._board is None:
            self._app.notify("Only a rehearsal can be broken on purpose.", severity="warning")
            return
        try:
            if order.name == "fault":
                rule = await self._board.add(read_rule(order.argument))
                self._app.notify(f"Fault {rule.id}: {rule.at} {rule.action}")
            else:
                await self._board.remove("" if order.argument == ALL else order.argument)
                self._app.notify(f"Taken away: {order.argument}")
        except PortalError as error:
            self._app.notify(error.cause, severity="error")
        self.places.look_at_the_world()

    async def _export(self, form: str) -> None:
        await self._kept(form, partial(exported, self._store.listed(), form))

    async def _picture(self) -> None:
        await self._kept("svg", self._app.export_screenshot)

    async def _kept(self, suffix: str, make: Callable[[], str]) -> None:
        try:
            path = await save(self._directory or Path.cwd(), "portal", suffix, make())
        except PortalError as error:
            self._app.notify(error.cause, severity="error")
        else:
            self._app.notify(f"Written to {path}")


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
