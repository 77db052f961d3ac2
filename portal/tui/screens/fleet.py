"""The fleet: one row a tenant, worst first, and why the selected one is not healthy."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Footer, Static

from portal.tui import present
from portal.tui.bindings import FLEET
from portal.tui.screens.tenant import TenantScreen
from portal.tui.store import Store
from portal.tui.widgets.banner import Banner
from portal.tui.widgets.fleet_table import FleetTable
from portal.tui.widgets.freshness import FreshnessBar
from portal.tui.widgets.paint import painted


class FleetScreen(Screen[None]):
    """Shows the store's view; knows no engine."""

    BINDINGS = FLEET

    def __init__(self, store: Store, banner: str) -> None:
        super().__init__()
        self._store = store
        self._banner = banner

    def compose(self) -> ComposeResult:
        yield Banner(self._banner)
        yield Static(id="counts")
        yield FleetTable()
        yield Static(id="empty")
        with Vertical(id="why"):
            yield Static(id="cause")
            yield Static(id="fix")
        yield FreshnessBar()
        yield Footer()

    def on_mount(self) -> None:
        self.refresh_view()
        self.set_interval(1.0, self.refresh_ages)

    def on_screen_resume(self) -> None:
        self.refresh_view()

    def refresh_view(self) -> None:
        """Draw the store's newest view."""
        view = self._store.view
        rows = present.fleet_rows(view)
        self.query_one("#counts", Static).update(painted(present.fleet_counts(view)))
        table = self.query_one(FleetTable)
        table.display = bool(rows)
        empty = self.query_one("#empty", Static)
        empty.display = not rows
        empty.update(Text(present.empty_text(view.sources)))
        table.show(rows)
        self.refresh_ages()

    def refresh_ages(self) -> None:
        """Ages grow also when nothing arrives."""
        pieces = present.source_pieces(self._store.view.sources, self._store.elapsed)
        self.query_one(FreshnessBar).show(pieces)

    @on(FleetTable.Highlighted)
    def _explain(self, event: FleetTable.Highlighted) -> None:
        cause, fix = event.row.cause, event.row.fix
        self.query_one("#cause", Static).update(Text(cause or "Every hop holds."))
        self.query_one("#fix", Static).update(Text(f"$ {fix}" if fix else ""))

    @on(FleetTable.Selected)
    def _open(self, event: FleetTable.Selected) -> None:
        self.app.push_screen(TenantScreen(self._store, event.tenant, self._banner))

    def action_cursor_down(self) -> None:
        self.query_one(FleetTable).action_cursor_down()

    def action_cursor_up(self) -> None:
        self.query_one(FleetTable).action_cursor_up()
