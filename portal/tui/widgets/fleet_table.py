"""The table of tenants; selection and scroll survive every update."""

from textual.message import Message
from textual.widgets import DataTable
from textual.widgets.data_table import RowDoesNotExist

from portal.core.facets import TenantKey
from portal.tui.bindings import FLEET_TABLE
from portal.tui.present import FleetRow, group_titles
from portal.tui.widgets.paint import painted

NAME = "tenant"


class FleetTable(DataTable[object]):
    """One row per tenant, one column per hop group."""

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
        super().__init__(cursor_type="row", zebra_stripes=False)
        self._rows: tuple[FleetRow, ...] = ()

    def on_mount(self) -> None:
        self.add_column("Tenant", key=NAME)
        for title in group_titles():
            self.add_column(title, key=title)

    def show(self, rows: tuple[FleetRow, ...]) -> None:
        """Draw rows; cells are changed in place unless tenants came, went or moved."""
        if [row.tenant for row in rows] == [row.tenant for row in self._rows]:
            self._change(rows)
        else:
            self._rebuild(rows)
        self._rows = rows
        self._announce()

    def on_data_table_row_highlighted(self) -> None:
        self._announce()

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if row := self._current():
            self.post_message(self.Selected(self, row.tenant))

    def _announce(self) -> None:
        if row := self._current():
            self.post_message(self.Highlighted(self, row))

    def _current(self) -> FleetRow | None:
        return self._rows[self.cursor_row] if 0 <= self.cursor_row < len(self._rows) else None

    def _change(self, rows: tuple[FleetRow, ...]) -> None:
        for old, new in zip(self._rows, rows, strict=True):
            if old == new:
                continue
            key = str(new.tenant)
            self.update_cell(key, NAME, painted(new.name), update_width=True)
            for title, cell in zip(group_titles(), new.cells, strict=True):
                self.update_cell(key, title, painted(cell), update_width=True)

    def _rebuild(self, rows: tuple[FleetRow, ...]) -> None:
        selected = self._current()
        offset = self.scroll_y
        self.clear()
        for row in rows:
            self.add_row(painted(row.name), *(painted(cell) for cell in row.cells), key=str(row.tenant))
        if selected is not None:
            try:
                self.move_cursor(row=self.get_row_index(str(selected.tenant)), scroll=False)
            except RowDoesNotExist:
                self.move_cursor(row=0)
        self.scroll_to(y=offset, animate=False)
