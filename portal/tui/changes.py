"""What goes over the desk: changes, planned, consented to and carried out beside the screens, and logs."""

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from textual.notifications import SeverityLevel
from textual.screen import Screen

from portal.core.facets import TenantKey
from portal.core.plan import Operation
from portal.errors import PortalError
from portal.tui.background import Background
from portal.tui.desk import Desk
from portal.tui.intents import Intent, Offboard, Resume, Rotate
from portal.tui.open_work import OpenWork
from portal.tui.present.logs import Place
from portal.tui.screens.form import FormScreen
from portal.tui.screens.logs import LogsScreen
from portal.tui.screens.review import Agreed, ReviewScreen
from portal.tui.screens.unfinished import UnfinishedScreen


class Host(Protocol):
    """The application, as far as changes go."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None], /) -> object: ...

    def notify(self, message: str, *, severity: SeverityLevel = "information") -> None: ...


class Changes:
    """One change at a time; what was typed into the form is kept until the interface ends."""

    def __init__(
        self,
        host: Host,
        desk: Desk | None,
        background: Background,
        *,
        begun: Callable[[TenantKey], None],
        read_only: bool,
    ) -> None:
        """`begun` is told of the tenant whose change was begun."""
        self._host = host
        self._desk = desk
        self._background = background
        self._begun = begun
        self._read_only = read_only
        self._typed: dict[str, str] = {}

    def form(self) -> None:
        """Ask for a service, then review its plan."""
        if self._desk is None:
            self._host.notify("There is nothing to onboard into here.", severity="warning")
            return
        try:
            environments = self._desk.environments
        except PortalError as error:
            self._host.notify(error.cause, severity="error")
            return
        self._host.push_screen(FormScreen(environments, self._typed), self._asked_for)

    def review(self, intent: Intent) -> None:
        """The plan of what is asked for, and on consent its progress."""
        if self._desk is None:
            self._host.notify("There is nothing to change here.", severity="warning")
        elif self._background.running:
            self._host.notify("Something is under way; its steps come first.", severity="warning")
        else:
            screen = ReviewScreen(self._desk, intent, read_only=self._read_only)
            self._host.push_screen(screen, self._agreed)

    def logs(self, tenant: TenantKey, places: tuple[Place, ...]) -> None:
        """What the containers of a tenant write."""
        if self._desk is None or not places:
            self._host.notify(f"No container of {tenant} is known.", severity="warning")
        else:
            self._host.push_screen(LogsScreen(self._desk, tenant, places), lambda _: None)

    async def offer(self, *, quiet: bool) -> None:
        """Unfinished work, to be gone on with; `quiet` says nothing where there is none."""
        if self._desk is None:
            return
        try:
            work = await self._desk.unfinished()
        except PortalError as error:
            self._host.notify(error.cause, severity="error")
            return
        if work:
            self._host.push_screen(UnfinishedScreen(work), self._go_on)
        elif not quiet:
            self._host.notify("Nothing is unfinished on this machine.")

    def _asked_for(self, intent: Intent | None) -> None:
        if intent is not None:
            self.review(intent)

    def _agreed(self, agreed: Agreed | None) -> None:
        if agreed is None or self._desk is None:
            return
        if self._background.take(partial(self._desk.carry_out, agreed.plan, agreed.inputs)):
            self._begun(agreed.plan.tenant)
        else:
            self._host.notify("Something is under way; its steps come first.", severity="warning")

    def _go_on(self, work: OpenWork | None) -> None:
        match work:
            case None:
                return
            case OpenWork(operation=Operation.ROTATE):
                self.review(Rotate(work.tenant, work.subject))
            case OpenWork(operation=Operation.OFFBOARD):
                self.review(Offboard(work.tenant))
            case _:
                self.review(Resume(work.tenant))
