"""One tenant: its chain as a flow with cause and fix, and a tab for each of its parts."""

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from portal.core.facets import TenantKey
from portal.tui.bindings import TENANT
from portal.tui.messages import LineBegun, LogsAsked, OrderGiven
from portal.tui.present.fixes import fix_line
from portal.tui.present.parts import CHAIN, TITLES
from portal.tui.present.pieces import Piece
from portal.tui.present.sheet import Lights
from portal.tui.present.tabs import tab_of, tab_sheet
from portal.tui.present.tenant import TenantHead, chain_lines, gone_head, tenant_head
from portal.tui.screens.live import LiveScreen
from portal.tui.store import Store
from portal.tui.widgets.chain_flow import ChainFlow
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.lines import Beside, Lines
from portal.tui.widgets.sheet_view import SheetView
from portal.tui.widgets.tab_bar import TabBar


class TenantScreen(LiveScreen):
    """Follows one tenant in the store; of one that is gone the last chain stays."""

    BINDINGS = TENANT

    def __init__(self, store: Store, banner: str, tenant: TenantKey) -> None:
        super().__init__(store, banner)
        self._tenant = tenant

    def compose_body(self) -> ComposeResult:
        yield Laid(id="headline")
        yield TabBar(TITLES)
        with VerticalScroll(id="chain"):
            yield Lines(id="cause")
            yield Lines(id="fix")
            yield ChainFlow()
            yield SheetView()

    def on_mount(self) -> None:
        self.query_one("#chain", VerticalScroll).focus()

    def draw(self) -> None:
        verdict = self.store.verdict(self._tenant)
        sources = self.store.view.sources
        self.query_one(TabBar).show(self.store.tab)
        on_chain = self.store.tab == CHAIN
        self.query_one(ChainFlow).display = on_chain
        self.query_one(SheetView).display = not on_chain
        self._put_head(gone_head(self._tenant) if verdict is None else tenant_head(verdict, sources))
        if not on_chain:
            sheet = tab_sheet(self.store.tab, self.store.seen(self._tenant), Lights(sources))
            self.query_one(SheetView).show(sheet)
        elif verdict is not None:
            self.query_one(ChainFlow).show(chain_lines(verdict, sources, self.store.elapsed))

    def _put_head(self, head: TenantHead) -> None:
        on_chain = self.store.tab == CHAIN
        self.query_one("#headline", Laid).put(Beside((head.name, head.headline)))
        self.query_one("#cause", Lines).say(head.cause if on_chain else Piece(""))
        self.query_one("#fix", Lines).say(head.fix if on_chain else Piece(""))

    @on(TabBar.Chosen)
    def _chosen(self, event: TabBar.Chosen) -> None:
        self._open(event.title)

    def action_tab(self, number: int) -> None:
        """The tab of a number, counted from 1."""
        self._open(TITLES[number - 1])

    def action_next_tab(self, by: int) -> None:
        """Further to the right or left, around at the ends."""
        self._open(TITLES[(TITLES.index(self.store.tab) + by) % len(TITLES)])

    def action_look(self) -> None:
        """From the cause to the part of the tenant it is in."""
        verdict = self.store.verdict(self._tenant)
        if verdict is not None:
            self._open(tab_of(verdict))

    def action_logs(self) -> None:
        self.post_message(LogsAsked(self._tenant))

    def action_order(self, name: str) -> None:
        """A command about this tenant."""
        self.post_message(OrderGiven(name, str(self._tenant)))

    def action_line(self, name: str) -> None:
        """A command about this tenant that needs more."""
        self.post_message(LineBegun(f"{name} {self._tenant} "))

    def action_run_fix(self) -> None:
        """Do what the fix says; a command for a shell goes to the clipboard."""
        verdict = self.store.verdict(self._tenant)
        line = fix_line(self._tenant, verdict.fix) if verdict is not None else ""
        if not line:
            self.action_copy_fix()
            return
        name, _, argument = line.partition(" ")
        self.post_message(OrderGiven(name, argument))

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

    def _open(self, title: str) -> None:
        self.store.tab = title
        self.query_one("#chain", VerticalScroll).scroll_home(animate=False)
        self.draw()
