"""The fleet: one row a tenant, worst first, and why the selected one is not healthy."""

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from portal.tui.bindings import FLEET
from portal.tui.present.activity import Outcome
from portal.tui.present.fleet import empty_text, fleet_counts, fleet_rows
from portal.tui.present.sources import settled
from portal.tui.screens.live import LiveScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.widgets.fleet_table import FleetTable
from portal.tui.widgets.paint import painted


class FleetScreen(LiveScreen):
    """Every tenant; the selected one is explained below the table."""

    BINDINGS = FLEET

    def compose_body(self) -> ComposeResult:
        yield Static(id="counts")
        yield FleetTable()
        yield Static(id="empty")
        with VerticalScroll(id="why", can_focus=False):
            yield Static(id="headline")
            yield Static(id="cause")
            yield Static(id="fix")

    def draw(self) -> None:
        view = self.store.view
        rows = fleet_rows(view)
        self.query_one("#counts", Static).update(painted(fleet_counts(view)))
        table = self.query_one(FleetTable)
        table.display = bool(rows)
        self.query_one("#why").display = bool(rows)
        empty = self.query_one("#empty", Static)
        empty.display = not rows
        working = self.store.activity.outcome is Outcome.RUNNING
        empty.update(Text(empty_text(view.sources, working=working)))
        table.show(rows)
        if rows and self.focused is None:
            table.focus()

    def shows_ages(self) -> bool:
        return not settled(self.store.view.sources)

    @on(FleetTable.Highlighted)
    def _explain(self, event: FleetTable.Highlighted) -> None:
        row = event.row
        name = Text(str(row.tenant), "bold")
        self.query_one("#headline", Static).update(Text.assemble(name, "   ", painted(row.headline)))
        self.query_one("#cause", Static).update(painted(row.cause))
        fix = self.query_one("#fix", Static)
        fix.display = bool(row.fix.text)
        fix.update(painted(row.fix))

    @on(FleetTable.Selected)
    def _open(self, event: FleetTable.Selected) -> None:
        self.app.push_screen(TenantScreen(self.store, self.banner, event.tenant))

    def action_cursor_down(self) -> None:
        self.query_one(FleetTable).action_cursor_down()

    def action_cursor_up(self) -> None:
        self.query_one(FleetTable).action_cursor_up()
