"""One tenant: its chain as a flow, the earliest broken hop, its cause and its fix."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from portal.core.facets import TenantKey
from portal.tui.bindings import TENANT
from portal.tui.present.tenant import TenantHead, chain_lines, gone_head, tenant_head
from portal.tui.screens.live import LiveScreen
from portal.tui.store import Store
from portal.tui.widgets.chain_flow import ChainFlow
from portal.tui.widgets.paint import painted


class TenantScreen(LiveScreen):
    """Follows one tenant in the store; of one that is gone the last chain stays."""

    BINDINGS = TENANT

    def __init__(self, store: Store, banner: str, tenant: TenantKey) -> None:
        super().__init__(store, banner)
        self._tenant = tenant

    def compose_body(self) -> ComposeResult:
        yield Static(id="headline")
        with VerticalScroll(id="chain"):
            yield Static(id="cause")
            yield Static(id="fix")
            yield ChainFlow()

    def on_mount(self) -> None:
        self.query_one("#chain", VerticalScroll).focus()

    def draw(self) -> None:
        verdict = self.store.verdict(self._tenant)
        if verdict is None:
            self._put_head(gone_head(self._tenant))
            return
        sources = self.store.view.sources
        self._put_head(tenant_head(verdict, sources))
        self.query_one(ChainFlow).show(chain_lines(verdict, sources, self.store.elapsed))

    def _put_head(self, head: TenantHead) -> None:
        self.query_one("#headline", Static).update(
            Text.assemble(painted(head.name), "   ", painted(head.headline))
        )
        self.query_one("#cause", Static).update(painted(head.cause))
        fix = self.query_one("#fix", Static)
        fix.display = bool(head.fix.text)
        fix.update(painted(head.fix))

    def action_back(self) -> None:
        self.app.pop_screen()

    def action_copy_fix(self) -> None:
        verdict = self.store.verdict(self._tenant)
        if verdict is None or not verdict.fix:
            self.app.notify("There is nothing to fix.", timeout=2)
            return
        self.app.copy_to_clipboard(verdict.fix)
        self.app.notify("The fix is on the clipboard.", timeout=2)

    def action_scroll_down(self) -> None:
        self.query_one("#chain", VerticalScroll).scroll_down()

    def action_scroll_up(self) -> None:
        self.query_one("#chain", VerticalScroll).scroll_up()
