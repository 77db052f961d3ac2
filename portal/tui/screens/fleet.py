"""The fleet: one line a tenant, as it was wished for, and why the selected one is not healthy."""

from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from portal.core.wording import plain
from portal.errors import UsageError
from portal.tui.bindings import FLEET
from portal.tui.messages import TenantAsked
from portal.tui.present.activity import Outcome
from portal.tui.present.arrange import WORST, FleetList, HeadingRow, Wish, nothing_left, wish_told
from portal.tui.present.filtering import expanded, read_filter
from portal.tui.present.fleet import empty_text, fleet_counts
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sources import settled
from portal.tui.screens.live import LiveScreen
from portal.tui.widgets.filter_bar import FilterBar
from portal.tui.widgets.fleet_table import FleetTable
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.lines import Beside, Clipped, Lines


class FleetScreen(LiveScreen):
    """Every tenant; the selected one is explained below the table."""

    BINDINGS = FLEET
    # The table is focused when it has lines; the filter only when it is asked for.
    AUTO_FOCUS = ""

    def compose_body(self) -> ComposeResult:
        yield Lines(id="counts")
        yield Laid(id="wished")
        yield FilterBar()
        yield FleetTable()
        yield Static(id="empty", markup=False)
        with VerticalScroll(id="why", can_focus=False):
            yield Laid(id="headline")
            yield Lines(id="cause")
            yield Lines(id="fix")

    def draw(self) -> None:
        view, wish = self.store.view, self.store.wish
        shown = self.store.listed()
        self.query_one("#counts", Lines).show((fleet_counts(view),))
        self.query_one("#wished", Laid).put(
            Clipped((Piece(wish_told(wish, shown, len(self.store.marked)), Tone.FAINT),))
        )
        table = self.query_one(FleetTable)
        table.display = self.query_one("#why").display = bool(shown.entries)
        self._draw_empty(shown, wish)
        table.show(shown, self.store.marked)
        if shown.entries and self.focused is None:
            table.focus()

    def shows_ages(self) -> bool:
        return not settled(self.store.view.sources)

    def wish(self, wish: Wish) -> None:
        """Show what is wished for now."""
        self.store.wish = wish
        self.query_one(FilterBar).put(wish.filter.text)
        self.draw()

    def _draw_empty(self, shown: FleetList, wish: Wish) -> None:
        empty = self.query_one("#empty", Static)
        empty.display = not shown.entries
        if shown.entries:
            return
        working = self.store.activity.outcome is Outcome.RUNNING
        text = nothing_left(wish) if shown.total else empty_text(self.store.view.sources, working=working)
        if text != empty.content:
            empty.update(text)

    @on(FleetTable.Highlighted)
    def _explain(self, event: FleetTable.Highlighted) -> None:
        line = event.line
        head: tuple[Piece, ...]
        if isinstance(line, HeadingRow):
            head, cause, fix = (line.title,), line.summary, Piece("")
        else:
            name = Piece(plain(str(line.tenant)), Tone.STRONG)
            head, cause, fix = (name, line.headline), line.cause, line.fix
        self.query_one("#headline", Laid).put(Beside(head))
        self.query_one("#cause", Lines).say(cause)
        self.query_one("#fix", Lines).say(fix)

    @on(FleetTable.Selected)
    def _open(self, event: FleetTable.Selected) -> None:
        self.post_message(TenantAsked(event.tenant))

    @on(FleetTable.Marked)
    def _mark(self, event: FleetTable.Marked) -> None:
        self.store.marked ^= {str(event.tenant)}
        self.draw()

    @on(FleetTable.Folded)
    def _fold(self, event: FleetTable.Folded) -> None:
        wish = self.store.wish
        self.wish(replace(wish, folded=wish.folded ^ {event.name}))

    @on(FleetTable.Ordered)
    def _order(self, event: FleetTable.Ordered) -> None:
        wish = self.store.wish
        again = wish.order == event.column
        self.wish(replace(wish, order=event.column, backwards=not wish.backwards if again else False))

    @on(FilterBar.Typed)
    def _filter(self, event: FilterBar.Typed) -> None:
        """A line that is no filter yet leaves the one before in force."""
        try:
            found = read_filter(expanded(event.text, self.store.filters))
        except UsageError as error:
            event.bar.complain(error.cause)
            return
        event.bar.complain("")
        self.store.wish = replace(self.store.wish, filter=found)
        self.draw()

    @on(FilterBar.Left)
    def _to_table(self, event: FilterBar.Left) -> None:
        event.bar.display = bool(self.store.wish.filter.text)
        self.query_one(FleetTable).focus()

    def action_filter(self) -> None:
        self.query_one(FilterBar).open(self.store.wish.filter.text)

    def action_faults(self) -> None:
        wish = self.store.wish
        self.wish(replace(wish, faults_only=not wish.faults_only))

    def action_all(self) -> None:
        """Everything again and nothing marked, in the order one began with; the grouping stays."""
        self.store.marked = frozenset()
        self.wish(Wish(grouping=self.store.wish.grouping, order=WORST))
