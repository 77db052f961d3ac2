"""The bar that says how fresh each source is."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text

from portal.tui.present.pieces import Piece
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.paint import painted, wrapped

GAP = 3


class FreshnessBar(Laid):
    """One chip a source, none broken over a line's end; below them why a source is not live."""

    def show(self, chips: tuple[Piece, ...], reasons: tuple[Piece, ...]) -> None:
        """Draw chips and reasons."""
        self.put(Bar(chips, reasons))


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar as a renderable, laid out for the width it is given."""

    chips: tuple[Piece, ...]
    reasons: tuple[Piece, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield from _packed(self.chips, options.max_width)
        for reason in self.reasons:
            yield from wrapped(reason, options.max_width, indent=2)


def _packed(chips: tuple[Piece, ...], width: int) -> Iterator[Text]:
    line = Text()
    for chip in map(painted, chips):
        if line and line.cell_len + GAP + chip.cell_len > width:
            yield line
            line = Text()
        line = Text.assemble(line, " " * GAP, chip) if line else chip
    if line:
        yield line
