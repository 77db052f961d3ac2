"""What is done to one tenant from its tabs: its secrets compared and shown, ArgoCD asked."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.worker import Worker

from portal.core.facets import TenantKey
from portal.errors import PortalError
from portal.tui.desk import Desk
from portal.tui.present.compared import compared_sheet, differing_sheet
from portal.tui.present.sheet import Sheet
from portal.tui.screens.asked import AskedScreen
from portal.tui.screens.consent import ConsentScreen
from portal.tui.screens.reveal import RevealScreen
from portal.tui.store import Store


class Host(Protocol):
    """The application, as far as deeds go."""

    def push_screen(self, screen: Screen[Any], callback: Callable[[Any], None], /) -> object: ...

    def notify(self, message: str, *, severity: SeverityLevel = "information") -> None: ...

    def run_worker(self, work: Awaitable[None], *, group: str, exit_on_error: bool) -> Worker[None]: ...


class Deeds:
    """Each is consented to where its environment is protected; read-only mode does none that changes."""

    def __init__(self, host: Host, store: Store, desk: Desk | None, *, read_only: bool) -> None:
        self._host = host
        self._store = store
        self._desk = desk
        self._read_only = read_only

    def compare(self, tenant: TenantKey) -> None:
        """Parameter Store against the cluster."""
        desk = self._there()
        if desk is None:
            return

        async def ask() -> Sheet:
            return compared_sheet(await desk.compare(tenant))

        self._host.push_screen(AskedScreen(f"Comparing the secrets of {tenant}", ask), lambda _: None)

    def reveal(self, tenant: TenantKey, key: str) -> None:
        """One value for 30 seconds."""
        desk = self._there(changes=True)
        named = self._named(desk, tenant)
        if desk is None or named is None:
            return
        screen = RevealScreen(desk, tenant, key, named=named, monotonic=self._store.monotonic)
        self._host.push_screen(screen, self._revealed)

    def recheck(self, tenant: TenantKey) -> None:
        """ArgoCD reads git again; this changes nothing by itself."""
        desk = self._there(changes=True)
        if desk is not None:
            self._do(partial(desk.recheck, tenant), f"ArgoCD compares {tenant} with git.")

    def diff(self, tenant: TenantKey) -> None:
        """What ArgoCD saw to differ."""

        async def ask() -> Sheet:
            return differing_sheet(self._store.seen(tenant))

        self._host.push_screen(AskedScreen(f"What differs of {tenant}", ask), lambda _: None)

    def sync(self, tenant: TenantKey) -> None:
        """ArgoCD applies what git holds, once it was seen what that is."""
        desk = self._there(changes=True)
        named = self._named(desk, tenant)
        if desk is None or named is None:
            return

        def agreed(agreed: bool | None) -> None:
            if agreed:
                self._do(partial(desk.sync, tenant), f"ArgoCD syncs {tenant}.")

        about = differing_sheet(self._store.seen(tenant))
        screen = ConsentScreen(f"Have ArgoCD sync {tenant} to git?", tenant, about, named=named)
        self._host.push_screen(screen, agreed)

    def _there(self, *, changes: bool = False) -> Desk | None:
        if self._desk is None:
            self._host.notify("There is nothing to do this with here.", severity="warning")
        elif changes and self._read_only:
            self._host.notify("READ-ONLY: this is not done.", severity="warning")
        else:
            return self._desk
        return None

    def _named(self, desk: Desk | None, tenant: TenantKey) -> bool | None:
        """Whether the tenant's name has to be typed, None where that cannot be told yet."""
        try:
            return desk.protects(tenant.environment) if desk is not None else None
        except PortalError as error:
            self._host.notify(str(error), severity="error")
            return None

    def _revealed(self, shown: str | None) -> None:
        if shown:
            self._host.notify(f"{shown} was shown; the audit trail says why.")

    def _do(self, deed: Callable[[], Awaitable[None]], done: str) -> None:
        async def act() -> None:
            try:
                await deed()
            except PortalError as error:
                self._host.notify(str(error), severity="error")
            else:
                self._host.notify(done)

        self._host.run_worker(act(), group="deed", exit_on_error=False)
