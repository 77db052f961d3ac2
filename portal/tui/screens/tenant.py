"""One tenant: its chain as a flow, the earliest broken hop, its cause and its fix."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.screen import Screen
from textual.widgets import Footer, Static

from portal.core.facets import TenantKey
from portal.core.wording import plain
from portal.tui import present
from portal.tui.bindings import TENANT
from portal.tui.store import Store
from portal.tui.widgets.banner import Banner
from portal.tui.widgets.chain_flow import ChainFlow
from portal.tui.widgets.freshness import FreshnessBar
from portal.tui.widgets.paint import painted


class TenantScreen(Screen[None]):
    """Follows one tenant in the store."""

    BINDINGS = TENANT

    def __init__(self, store: Store, tenant: TenantKey, banner: str) -> None:
        super().__init__()
        self._store = store
        self._tenant = tenant
        self._banner = banner

    def compose(self) -> ComposeResult:
        yield Banner(self._banner)
        with Vertical(id="verdict"):
            yield Static(id="headline")
            yield Static(id="cause")
            yield Static(id="fix")
        with VerticalScroll(id="chain"):
            yield ChainFlow()
        yield FreshnessBar()
        yield Footer()

    def on_mount(self) -> None:
        self.query_one("#chain", VerticalScroll).focus()
        self.refresh_view()
        self.set_interval(1.0, self.refresh_ages)

    def refresh_view(self) -> None:
        """Draw the tenant's newest verdict; a tenant that is gone says so and keeps its last chain."""
        name = plain(str(self._tenant))
        verdict = self._store.verdict(self._tenant)
        headline = self.query_one("#headline", Static)
        if verdict is None:
            headline.update(Text(f"{name}  is no longer in the tenants repository"))
            return
        state, cause, fix = present.verdict_pieces(verdict)
        headline.update(Text.assemble((name, "bold"), "   ", painted(state)))
        self.query_one("#cause", Static).update(painted(cause))
        self.query_one("#fix", Static).update(Text(f"$ {fix.text}" if fix.text else "", style="bold"))
        self.query_one(ChainFlow).show(present.chain_lines(verdict, self._store.view.sources))
        self.refresh_ages()

    def refresh_ages(self) -> None:
        """Ages grow also when nothing arrives."""
        pieces = present.source_pieces(self._store.view.sources, self._store.elapsed)
        self.query_one(FreshnessBar).show(pieces)

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_copy_fix(self) -> None:
        verdict = self._store.verdict(self._tenant)
        if verdict is None or not verdict.fix:
            self.app.notify("There is nothing to fix.")
            return
        self.app.copy_to_clipboard(verdict.fix)
        self.app.notify("The fix is on the clipboard.", markup=False)

    def action_scroll_down(self) -> None:
        self.query_one("#chain", VerticalScroll).scroll_down()

    def action_scroll_up(self) -> None:
        self.query_one("#chain", VerticalScroll).scroll_up()
