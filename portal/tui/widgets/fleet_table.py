"""The table of tenants; selection and scroll survive every update."""

from rich.text import Text
from textual.events import Click, Resize
from textual.message import Message
from textual.widgets import DataTable

from portal.core.facets import TenantKey
from portal.core.wording import clip
from portal.tui.bindings import FLEET_TABLE
from portal.tui.present.fleet import FleetRow, group_titles
from portal.tui.widgets.columns import Columns, share
from portal.tui.widgets.paint import STYLES, painted

NAME, CAUSE = "tenant", "cause"


class FleetTable(DataTable[Text]):
    """One row per tenant, one column per hop group, all of them visible at every usual width."""

    BINDINGS = FLEET_TABLE

    class Selected(Message):
        """A tenant is to be opened."""

        def __init__(self, table: "FleetTable", tenant: TenantKey) -> None:
            self.table = table
            self.tenant = tenant
            super().__init__()

        @property
        def control(self) -> "FleetTable":
            return self.table

    class Highlighted(Message):
        """The cursor stands on another tenant, or its row changed."""

        def __init__(self, table: "FleetTable", row: FleetRow) -> None:
            self.table = table
            self.row = row
            super().__init__()

        @property
        def control(self) -> "FleetTable":
            return self.table

    def __init__(self) -> None:
        super().__init__(cursor_type="row", zebra_stripes=False, cell_padding=0)
        self._shown: tuple[FleetRow, ...] = ()
        self._shared: Columns | None = None

    def show(self, rows: tuple[FleetRow, ...]) -> None:
        """Draw rows; cells are changed in place unless tenants came, went or moved."""
        before, self._shown = self._shown, rows
        if self._share() or [row.tenant for row in rows] != [row.tenant for row in before]:
            self._rebuild(before)
        else:
            self._change(before)
        self._announce()

    def on_resize(self, event: Resize) -> None:
        del event
        if self._share():
            self._rebuild(self._shown)

    def on_click(self, event: Click) -> None:
        """A click opens the row it hits; one on the cursor's row is a selection already."""
        row = event.style.meta.get("row", -1)
        if row != self.cursor_row and 0 <= row < len(self._shown):
            self.post_message(self.Selected(self, self._shown[row].tenant))

    def on_data_table_row_highlighted(self) -> None:
        self._announce()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if row := self._current(self._shown):
            self.post_message(self.Selected(self, row.tenant))

    def _announce(self) -> None:
        if row := self._current(self._shown):
            self.post_message(self.Highlighted(self, row))

    def _current(self, rows: tuple[FleetRow, ...]) -> FleetRow | None:
        return rows[self.cursor_row] if 0 <= self.cursor_row < len(rows) else None

    def _share(self) -> bool:
        """Whether the columns have to be made anew."""
        longest = max((len(row.name.text) for row in self._shown), default=0)
        width = self.size.width - self.styles.scrollbar_size_vertical
        shared = share(width, group_titles(), longest)
        if not self.size.width or shared == self._shared:
            return False
        self._shared = shared
        return True

    def _change(self, before: tuple[FleetRow, ...]) -> None:
        for old, new in zip(before, self._shown, strict=True):
            if old != new:
                for column, cell in zip(self.ordered_columns, self._cells(new), strict=True):
                    self.update_cell(str(new.tenant), column.key, cell)

    def _rebuild(self, before: tuple[FleetRow, ...]) -> None:
        if self._shared is None:
            return
        selected, at, offset = self._current(before), self.cursor_row, self.scroll_y
        self.clear(columns=True)
        self.add_column("Tenant", key=NAME, width=self._shared.name)
        for title, width in zip(group_titles(), self._shared.groups, strict=True):
            self.add_column(clip_title(title, width), key=title, width=width)
        if self._shared.cause:
            self.add_column("Cause", key=CAUSE, width=self._shared.cause)
        for row in self._shown:
            self.add_row(*self._cells(row), key=str(row.tenant))
        places = {row.tenant: place for place, row in enumerate(self._shown)}
        last = max(0, len(self._shown) - 1)
        place = places.get(selected.tenant, min(at, last)) if selected else 0
        self.move_cursor(row=place, scroll=False)
        self.scroll_to(y=offset, animate=False)

    def _cells(self, row: FleetRow) -> list[Text]:
        columns = self._shared
        if columns is None:
            return []
        name = Text(clip(row.name.text, columns.name - 1), STYLES[row.name.tone])
        cells = [painted(cell.short if columns.short else cell.full) for cell in row.cells]
        causes = [Text(clip(row.note, columns.cause - 1))] if columns.cause else []
        return [name, *cells, *causes]


def clip_title(title: str, width: int) -> str:
    """As much of a title as leaves a gap to the next."""
    return title[: width - 1]
