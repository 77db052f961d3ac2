"""Orders: commands that were given by line, palette or key, and what they do."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from textual.binding import BindingType

from portal.core.facets import TenantKey
from portal.core.pushing import key_of
from portal.core.report import Drilled
from portal.core.switchboard import ACTIONS, read_rule
from portal.engine.drills import DRILLS
from portal.errors import PortalError, UsageError
from portal.ports import Report, Switchboard
from portal.settings import InterfaceSettings
from portal.tui.changes import Changes
from portal.tui.deeds import Deeds
from portal.tui.desk import Desk
from portal.tui.intents import Offboard, Resume, Rotate
from portal.tui.kept import keep, read_kept
from portal.tui.keys import changed, clashes, unknown_names
from portal.tui.places import Places
from portal.tui.present.arrange import Wish
from portal.tui.present.commands import FIXED, NONE, Order, Vocabulary
from portal.tui.present.exports import exported
from portal.tui.present.filtering import expanded, read_filter
from portal.tui.present.logs import places
from portal.tui.present.world import WorldView, targets
from portal.tui.saving import save
from portal.tui.screens.command import CommandScreen
from portal.tui.screens.fleet import FleetScreen
from portal.tui.store import Store
from portal.tui.themes import LOOKS

if TYPE_CHECKING:
    from portal.tui.app import PortalApp

Drills: TypeAlias = Callable[[str, Report], Awaitable[Drilled]]
ALL, MARKED = "all", "marked"
KEPT_LINES = 100
_WISHES = {"filter", "faults", "sort", "group", "environment"}


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
        interface: InterfaceSettings | None = None,
        state: Path | None = None,
        drills: Drills | None = None,
    ) -> None:
        self._app = app
        self._store = store
        self._fleet = fleet
        self._board = board
        self._directory = directory
        self._lines: list[str] = []
        self._interface = interface or InterfaceSettings()
        self._state = state
        self._drills = drills
        self._kept_filters: Mapping[str, str] = {}
        self._unkept: PortalError | None = None
        try:
            self._kept_filters = read_kept(state)
        except PortalError as error:
            self._unkept = error
        store.filters = {**self._interface.filters, **self._kept_filters}
        self.places = Places(app, store, fleet, board)
        self.changes = Changes(app, desk, app.background, begun=self._begun, read_only=read_only)
        self.deeds = Deeds(app, store, desk, read_only=read_only)
        self._table = self._deeds()

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
            "tenants": [*([MARKED] if self._store.marked else []), *tenants],
            "secret": self._secrets(),
            "drill": list(DRILLS) if self._drills is not None else [],
            "filter": [f"@{name}" for name in sorted(self._store.filters)],
            "environment": [*self._store.environments, ALL],
            "theme": list(LOOKS),
        }

    def _secrets(self) -> list[str]:
        """The keys of the tenant that is looked at."""
        place = self.places.here
        seen = self._store.seen(place) if place is not None else None
        needs = seen.observation.needs if seen is not None else None
        return [f"{place} {key_of(name)}" for name in needs.parameters] if needs is not None else []

    async def ask(self, line: str) -> None:
        """Open the command line with this in it; keys that came meanwhile are typed into it."""
        await self._app.push_screen(CommandScreen(self.vocabulary(), self._lines, line), self._given)

    def obey(self, order: Order) -> None:
        """Do what a command asks for."""
        if order.name in _WISHES:
            self.places.visit(None)
            self._wish(order)
        elif order.name in self._table:
            self._table[order.name](order.argument)
        else:
            self._app.call_later(self._app.run_action, order.name)

    def _deeds(self) -> Mapping[str, Callable[[str], None]]:
        """What each command does with its argument; those not among them are actions of the application."""
        places, changes, deeds = self.places, self.changes, self.deeds
        return {
            "fleet": lambda _: places.visit(None),
            "tenant": lambda tenant: places.visit(_key(tenant)),
            "theme": self._theme,
            "rotate": lambda words: changes.review(Rotate(*_subject(words))),
            "offboard": lambda tenant: changes.review(Offboard(_key(tenant))),
            "repair": lambda tenant: changes.review(Resume(_key(tenant))),
            "compare": lambda tenant: deeds.compare(_key(tenant)),
            "reveal": lambda words: deeds.reveal(*_subject(words)),
            "diff": lambda tenant: deeds.diff(_key(tenant)),
            "recheck": self._recheck,
            "sync": lambda tenant: deeds.sync(_key(tenant)),
            "fault": lambda rule: self._work(self._broken(rule)),
            "drill": self._drill,
            "unfault": lambda rule: self._work(self._mended(rule)),
            "keep": lambda name: self._work(self._keep(name)),
            "export": lambda form: self._work(self._export(form or "json")),
            "screenshot": lambda _: self._work(self._picture()),
        }

    def complain(self) -> None:
        """Say which settings of the interface mean nothing."""
        interface = self._interface
        faults = [f"interface.keys: there is no {name}" for name in unknown_names(interface.keys)]
        faults += [f"interface.keys: {clash}" for clash in clashes(interface.keys)]
        if interface.theme and interface.theme not in LOOKS:
            faults.append(f"interface.theme: {interface.theme} is none of {', '.join(LOOKS)}")
        faults += [str(self._unkept)] if self._unkept is not None else []
        for fault in faults:
            self._app.notify(fault, severity="warning")

    def help(self, bindings: Sequence[BindingType]) -> None:
        """These keys as they are now, and every command."""
        self.places.help(changed(bindings, self._interface.keys))

    def given(self, name: str, argument: str) -> None:
        """An order from a screen."""
        self.obey(Order(name, argument))

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
            self._fleet.wish(_wished(self._store.wish, order, self._store.filters))
        except UsageError as error:
            self._app.notify(error.cause, severity="error")

    def _recheck(self, tenant: str) -> None:
        """One tenant, or those that are marked."""
        for name in sorted(self._store.marked) if tenant == MARKED else [tenant]:
            self.deeds.recheck(_key(name))

    def _theme(self, name: str) -> None:
        self._app.theme = name

    def _work(self, work: Coroutine[None, None, None]) -> None:
        self._app.run_worker(work, group="orders", exit_on_error=False)

    def _drill(self, name: str) -> None:
        """Beside the screens, as any other work; its evidence stays on the world's."""
        drill = self._drills
        if drill is None:
            self._app.notify("Only a rehearsal has drills.", severity="warning")
            return

        async def work(report: Report) -> None:
            done = await drill(name, report)
            self._store.drilled = (*self._store.drilled, done)
            if not done.ok:
                raise PortalError(f"drill {name}: {done.evidence[-1]}")

        if self._app.background.take(work):
            self._app.begun()
        else:
            self._app.notify("Something is under way; its steps come first.", severity="warning")

    async def _broken(self, rule: str) -> None:
        """Break something in the world."""
        if (board := self._world()) is None:
            return
        try:
            added = await board.add(read_rule(rule))
        except PortalError as error:
            self._app.notify(error.cause, severity="error")
        else:
            self._app.notify(f"Fault {added.id}: {added.at} {added.action}")
        self.places.look_at_the_world()

    async def _mended(self, rule: str) -> None:
        """Take a fault away, or all."""
        if (board := self._world()) is None:
            return
        try:
            await board.remove("" if rule == ALL else rule)
        except PortalError as error:
            self._app.notify(error.cause, severity="error")
        else:
            self._app.notify(f"Taken away: {rule}")
        self.places.look_at_the_world()

    def _world(self) -> Switchboard | None:
        if self._board is None:
            self._app.notify("Only a rehearsal can be broken on purpose.", severity="warning")
        return self._board

    async def _keep(self, name: str) -> None:
        """Save the filter in force; without one, what is saved under the name is forgotten."""
        kept = {each: text for each, text in self._kept_filters.items() if each != name}
        if text := self._store.wish.filter.text:
            kept[name] = text
        try:
            if self._unkept is not None:
                raise self._unkept
            await keep(self._state, kept)
        except PortalError as error:
            self._app.notify(str(error), severity="error")
            return
        self._kept_filters = kept
        self._store.filters = {**self._interface.filters, **kept}
        self._app.notify(f"Saved: filter @{name} shows {text}" if text else f"Forgotten: @{name}")

    async def _export(self, form: str) -> None:
        await self._kept(form, partial(exported, self._store.listed(), form, self._store.marked))

    async def _picture(self) -> None:
        await self._kept("svg", self._app.export_screenshot)

    async def _kept(self, suffix: str, make: Callable[[], str]) -> None:
        try:
            path = await save(self._directory or Path.cwd(), "portal", suffix, make())
        except PortalError as error:
            self._app.notify(error.cause, severity="error")
        else:
            self._app.notify(f"Written to {path}")


def _wished(wish: Wish, order: Order, filters: Mapping[str, str]) -> Wish:
    """The wish after a command about it."""
    argument = order.argument
    match order.name:
        case "filter":
            return replace(wish, filter=read_filter(expanded(argument, filters)))
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


def _subject(words: str) -> tuple[TenantKey, str]:
    """A tenant, and what of it."""
    tenant, _, key = words.partition(" ")
    return _key(tenant), key.strip()
