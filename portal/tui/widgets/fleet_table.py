"""The table of tenants: draws the lines that are seen; selection and scroll survive every update."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile
from typing import ClassVar

from rich.segment import Segment
from rich.text import Text
from textual.binding import BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from portal.core.facets import TenantKey
from portal.core.wording import clip
from portal.tui.bindings import FLEET_TABLE
from portal.tui.present.arrange import Entry, FleetList, HeadingRow, Line
from portal.tui.present.fleet import FleetRow, group_titles
from portal.tui.present.sources import settled
from portal.tui.widgets.columns import Columns, share
from portal.tui.widgets.paint import painted

NAME, CAUSE = "tenant", "cause"
HEADER = 1
EMPTY = FleetList((), (), (), 0, 0)
# As many as are seen on a few screens.
KEPT_STRIPS = 400
SIGN = 2
# Stands between the sign and the name.
MARK = "•"


class _OfTenant(Message):
    """Tells of a tenant in the table."""

    def __init__(self, table: "FleetTable", tenant: TenantKey) -> None:
        self.table = table
        self.tenant = tenant
        super().__init__()

    @property
    def control(self) -> "FleetTable":
        return self.table


class FleetTable(ScrollView, can_focus=True):
    """One line per tenant or heading, one column per hop group, all of them visible at every usual width."""

    BINDINGS: ClassVar[list[BindingType]] = FLEET_TABLE
    COMPONENT_CLASSES: ClassVar[set[str]] = {"fleet--header", "fleet--cursor", "fleet--heading"}

    class Selected(_OfTenant):
        """A tenant is to be opened."""

    class Marked(_OfTenant):
        """A tenant is to be marked, or no longer."""

    class Folded(Message):
        """A heading is to be opened or closed."""

        def __init__(self, table: "FleetTable", name: str) -> None:
            self.table = table
            self.name = name
            super().__init__()

        @property
        def control(self) -> "FleetTable":
            return self.table

    class Highlighted(Message):
        """The cursor stands on another line, or its line changed."""

        def __init__(self, table: "FleetTable", line: Line) -> None:
            self.table = table
            self.line = line
            super().__init__()

        @property
        def control(self) -> "FleetTable":
            return self.table

    class Ordered(Message):
        """The fleet is to be ordered by the column that was clicked."""

        def __init__(self, table: "FleetTable", column: str) -> None:
            self.table = table
            self.column = column
            super().__init__()

        @property
        def control(self) -> "FleetTable":
            return self.table

    def __init__(self) -> None:
        super().__init__()
        self._list = EMPTY
        self._at = 0
        self._visible = 1
        self._marked: frozenset[str] = frozenset()
        self._strips: dict[tuple[str, bool, bool], tuple[Entry, Strip]] = {}
        self._seen: dict[int, Strip] = {}
        self._columns = share(0, group_titles(), 0)

    @property
    def cursor_row(self) -> int:
        """Where the cursor stands, counted from 0."""
        return self._at

    @property
    def row_count(self) -> int:
        return len(self._list)

    @property
    def selected(self) -> str:
        """The key of the line under the cursor, empty where there is none."""
        return self._list.key(self._at) if self._at < len(self._list) else ""

    def show(self, shown: FleetList, marked: frozenset[str] = frozenset()) -> None:
        """Draw the lines; the cursor stays on its line, and at its place where that line is gone. `marked`
        names those that are marked.
        """
        self._marked = marked
        selected = self.selected
        before, columns = self._list, self._columns
        self._list = shown
        place = self._place(selected)
        self._at = min(self._at, max(0, len(shown) - 1)) if place is None else place
        self._measure()
        self._redraw(before, columns)
        self._announce()

    def notify_style_update(self) -> None:
        """Whatever was drawn looks otherwise now."""
        self._strips.clear()
        self._seen.clear()
        super().notify_style_update()

    def forget(self) -> None:
        """Draw everything anew."""
        self._strips.clear()
        self._seen.clear()
        self.refresh()

    def on_resize(self, event: Resize) -> None:
        """A line that was seen under the cursor stays in sight when there is less room."""
        seen = self.scroll_offset.y <= self._at < self.scroll_offset.y + self._visible
        self._visible = max(1, event.size.height - HEADER)
        self._measure()
        if seen:
            self._reveal()
        self.forget()

    def on_click(self, event: Click) -> None:
        """A click opens the line it hits; one on a title orders by that column."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        if offset.y < HEADER:
            self.post_message(self.Ordered(self, self._column_at(offset.x)))
            return
        place = offset.y - HEADER + self.scroll_offset.y
        if place < len(self._list):
            self._move(place)
            self.action_open()

    def render_line(self, y: int) -> Strip:
        """The titles stay on top of what scrolls."""
        width = self.size.width
        if y < HEADER:
            return self._strip(self._titles(), width, "fleet--header")
        place = y - HEADER + self.scroll_offset.y
        if place >= len(self._list):
            return Strip.blank(width, self.rich_style)
        strip = self._seen[y] = self._drawn(place, width)
        return strip

    def action_open(self) -> None:
        """Open the tenant, or open or close the heading."""
        if self._at >= len(self._list):
            return
        line = self._list.line(self._at)
        if isinstance(line, HeadingRow):
            self.post_message(self.Folded(self, line.name))
        else:
            self.post_message(self.Selected(self, line.tenant))

    def action_mark(self) -> None:
        """Mark the tenant under the cursor, or no longer, and go on to the next."""
        line = self._list.line(self._at) if self._at < len(self._list) else None
        if isinstance(line, FleetRow):
            self.post_message(self.Marked(self, line.tenant))
            self._move(self._at + 1)

    def action_cursor(self, by: int) -> None:
        """Move by lines."""
        self._move(self._at + by)

    def action_page(self, by: int) -> None:
        """Move by screens."""
        self._move(self._at + by * max(1, self._visible - 1))

    def action_first(self) -> None:
        self._move(0)

    def action_last(self) -> None:
        self._move(len(self._list) - 1)

    def _move(self, place: int) -> None:
        before, self._at = self._at, max(0, min(place, len(self._list) - 1))
        self._reveal()
        self._redraw_places((before, self._at))
        self._announce()

    def _place(self, selected: str) -> int | None:
        if not selected or self._list.names[self._at : self._at + 1] == (selected,):
            return self._at
        return self._list.place(selected)

    def _redraw(self, shown: FleetList, columns: Columns) -> None:
        """Of the lines in sight only those that look different now."""
        still = settled(shown.sources) and settled(self._list.sources)
        if columns != self._columns or not still:
            self._strips.clear()
        if (len(shown), columns) != (len(self._list), self._columns):
            self.refresh()
            return
        top, width = self.scroll_offset.y, self.size.width
        for place in range(top, min(top + self._visible, len(self._list))):
            y = place - top + HEADER
            first, last = differing(self._seen.get(y), self._drawn(place, width))
            if first < last:
                self.refresh(Region(first, y, last - first, 1))

    def _redraw_places(self, places: Iterable[int]) -> None:
        top = self.scroll_offset.y - HEADER
        for place in places:
            self.refresh(Region(0, place - top, self.size.width, 1))

    def _reveal(self) -> None:
        top = self.scroll_offset.y
        if not top <= self._at < top + self._visible:
            above = self._at < top
            self.scroll_to(y=self._at if above else self._at - self._visible + 1, animate=False)

    def _announce(self) -> None:
        if self._at < len(self._list):
            self.post_message(self.Highlighted(self, self._list.line(self._at)))

    def _measure(self) -> None:
        # The bar's own column is kept free, so that nothing moves when it comes and goes.
        bar = self.styles.scrollbar_size_vertical
        width = self.container_size.width or self.size.width
        self._columns = share(width - bar - self.gutter.width, group_titles(), self._list.longest + SIGN)
        self.virtual_size = Size(max(0, width - bar - self.gutter.width), len(self._list) + HEADER)

    def _drawn(self, place: int, width: int) -> Strip:
        """The cells of a line; those of a line that is the same value are made once."""
        entry, name = self._list.entries[place], self._list.names[place]
        key = (name, place == self._at, name in self._marked)
        kept = self._strips.get(key)
        if kept is not None and kept[0] is entry:
            return kept[1]
        if len(self._strips) >= KEPT_STRIPS:
            self._strips.clear()
        line = self._list.line(place)
        kind = "fleet--heading" if isinstance(line, HeadingRow) else ""
        cells = self._cells(line, marked=name in self._marked)
        strip = self._strip(cells, width, "fleet--cursor" if place == self._at else kind)
        self._strips[key] = entry, strip
        return strip

    def _titles(self) -> Text:
        columns = self._columns
        cells = [_padded(Text("Tenant"), columns.name)]
        cells += [
            _padded(Text(clip_title(title, width)), width)
            for title, width in zip(group_titles(), columns.groups, strict=True)
        ]
        cells += [Text("Cause")] if columns.cause else []
        return Text().join(cells)

    def _cells(self, line: Line, *, marked: bool) -> Text:
        if isinstance(line, HeadingRow):
            return Text.assemble(painted(line.title), "   ", painted(line.summary))
        name = replace(line.name, text=line.name.text.replace(" ", MARK, 1)) if marked else line.name
        return Text().join(self._row_cells(line, painted(name), self._columns))

    def _row_cells(self, row: FleetRow, name: Text, columns: Columns) -> list[Text]:
        name.truncate(columns.name - 1, overflow="ellipsis")
        cells = [_padded(name, columns.name)]
        for cell, width in zip(row.cells, columns.groups, strict=True):
            cells.append(_padded(painted(cell.short if columns.short else cell.full), width))
        return [*cells, Text(clip(row.note, columns.cause - 1))] if columns.cause else cells

    def _strip(self, text: Text, width: int, component: str) -> Strip:
        style = self.get_component_rich_style(component) if component else self.rich_style
        segments = list(text.render(self.app.console))
        strip = Strip(Segment.apply_style(segments, style)).adjust_cell_length(width, style)
        return strip.crop(0, width)

    def _column_at(self, x: int) -> str:
        edge = self._columns.name
        if x < edge:
            return NAME
        for title, width in zip(group_titles(), self._columns.groups, strict=True):
            edge += width
            if x < edge:
                return title.lower()
        return CAUSE


def differing(before: Strip | None, after: Strip) -> tuple[int, int]:
    """The columns, from the first to behind the last, in which a line looks different now."""
    width = after.cell_length
    if before is None or before.cell_length != width:
        return 0, width
    if before is after:
        return 0, 0
    first = _same(before, after)
    if first == width:
        return 0, 0
    return first, width - _same(reversed(list(before)), reversed(list(after)))


def _same(before: Iterable[Segment], after: Iterable[Segment]) -> int:
    """Columns in which both begin alike."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    return sum(segment.cell_length for segment, _ in alike)


def clip_title(title: str, width: int) -> str:
    """As much of a title as leaves a gap to the next."""
    return title[: width - 1]


def _padded(text: Text, width: int) -> Text:
    text.pad_right(max(0, width - text.cell_len))
    return text
