"""A sheet drawn: sections below each other, columns as wide as what stands in them."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Row, Section, Sheet
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.paint import wrapped

GAP = 2
# A column before the last takes no more than this part of the width, and the last no less.
WIDEST, LEAST_LAST = 0.5, 24
NARROWEST = 6
BELOW = 4


class SheetView(Laid):
    """Draws one sheet at the width it is given."""

    def show(self, sheet: Sheet) -> None:
        """Draw another sheet."""
        self.put(Drawn(sheet))


@dataclass(frozen=True, slots=True)
class Drawn:
    """The sheet as a renderable."""

    sheet: Sheet

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for number, section in enumerate(self.sheet):
            if number:
                yield Text()
            yield from _section(section, options.max_width)


def _section(section: Section, width: int) -> Iterator[Text]:
    yield from wrapped(section.title, width)
    for note in section.notes:
        yield from _indented(wrapped(note, max(1, width - GAP)), GAP)
    if not section.rows:
        return
    titles = tuple(Piece(title, Tone.FAINT) for title in section.titles)
    widths = _widths((titles, *section.rows), width)
    if any(section.titles):
        yield from _row(titles, widths, width)
    for row in section.rows:
        yield from _row(row, widths, width)


def _widths(rows: tuple[Row, ...], width: int) -> list[int]:
    """Of every column but the last; where they are too many for the width, the widest give way."""
    most = max(NARROWEST, int(width * WIDEST))
    columns = range(len(rows[0]) - 1)
    sizes = [min(most, max(cell_len(row[column].text) for row in rows)) + GAP for column in columns]
    last = min(LEAST_LAST, max(cell_len(row[-1].text) for row in rows))
    while sizes and GAP + sum(sizes) + last > width and max(sizes) > LEAST_LAST:
        sizes[sizes.index(max(sizes))] -= 1
    while sizes and GAP + sum(sizes) > width and max(sizes) > NARROWEST:
        sizes[sizes.index(max(sizes))] -= 1
    return sizes


def _row(row: Row, widths: list[int], width: int) -> Iterator[Text]:
    """One row; where the last column has no room beside the others, it stands below them."""
    *cells, last = row
    beside = width - GAP - sum(widths)
    columns = [wrapped(cell, max(1, size - GAP)) for cell, size in zip(cells, widths, strict=True)]
    below = beside < min(LEAST_LAST, cell_len(last.text)) and bool(cells)
    if not below:
        columns.append(wrapped(last, max(1, beside)))
    sizes = widths if below else [*widths, max(1, beside)]
    for number in range(max(len(column) for column in columns)):
        line = Text(" " * GAP)
        for column, size in zip(columns, sizes, strict=True):
            part = column[number] if number < len(column) else Text()
            # What stands behind spaces, such as a bar, is not wrapped.
            part.truncate(size)
            part.pad_right(max(0, size - part.cell_len))
            line = Text.assemble(line, part)
        line.rstrip()
        yield line
    if below and last.text not in {"", "-"}:
        yield from _indented(wrapped(last, max(1, width - BELOW)), BELOW)


def _indented(lines: list[Text], indent: int) -> Iterator[Text]:
    for line in lines:
        yield Text.assemble(" " * indent, line)
