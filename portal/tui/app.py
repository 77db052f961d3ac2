"""The application: follows the status source, keeps the store, hosts the screens."""

import time
from collections.abc import Callable
from contextlib import aclosing

from rich.text import Text
from textual import on
from textual.app import App

from portal.errors import PortalError
from portal.ports import StatusSource
from portal.tui.bindings import APP, FLEET_TABLE
from portal.tui.messages import SourceLost, ViewArrived
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.store import Store

CRASHED = 1


class PortalApp(App[None]):
    """Paints first, then follows `status`; the rows last seen stay whatever happens to the sources."""

    CSS_PATH = "portal.tcss"
    BINDINGS = APP
    ENABLE_COMMAND_PALETTE = False
    TITLE = "portal"

    def __init__(
        self,
        status: StatusSource,
        *,
        title: str,
        rehearsal: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._status = status
        self._store = Store(monotonic)
        self._banner = (
            "REHEARSAL — a simulated world, nothing here is real" if rehearsal else f"portal · {title}"
        )

    def on_mount(self) -> None:
        self.push_screen(FleetScreen(self._store, self._banner))
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        self.run_worker(self._follow(), name="status", group="status", exclusive=True, exit_on_error=False)

    async def _follow(self) -> None:
        try:
            async with aclosing(self._status.changes()) as views:
                async for view in views:
                    self.post_message(ViewArrived(view))
        except PortalError as error:
            self.post_message(SourceLost(str(error)))
        else:
            self.post_message(SourceLost("the live view ended"))

    @on(ViewArrived)
    def _arrived(self, event: ViewArrived) -> None:
        self._store.put(event.view)
        screen = next(
            (s for s in reversed(self.screen_stack) if isinstance(s, FleetScreen | TenantScreen)), None
        )
        if screen is not None:
            screen.refresh_view()

    @on(SourceLost)
    def _lost(self, event: SourceLost) -> None:
        self.notify(event.reason, title="Live view lost", severity="error", timeout=30, markup=False)

    def action_help(self) -> None:
        table = FLEET_TABLE if isinstance(self.screen, FleetScreen) else []
        self.push_screen(HelpScreen([*table, *type(self.screen).BINDINGS, *APP]))

    def _fatal_error(self) -> None:
        """End without Textual's traceback page, which prints local variables and with them secrets."""
        self.bell()
        kind = type(self._exception).__name__ if self._exception else "an unknown error"
        self._exit_renderables.append(
            Text(f"portal crashed: {kind}. The screen was closed to keep its data private.")
        )
        self._close_messages_no_wait()


async def run_app(status: StatusSource, *, title: str, rehearsal: bool) -> int:
    """Run until the user leaves; the exit code is 1 when the interface crashed."""
    app = PortalApp(status, title=title, rehearsal=rehearsal)
    await app.run_async()
    return app.return_code or 0
