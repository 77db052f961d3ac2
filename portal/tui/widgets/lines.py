"""Lines of text that wrap in their own column."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from textual.widgets import Static

from portal.tui.present.pieces import Piece
from portal.tui.widgets.paint import wrapped

INDENT = 2


class Lines(Static):
    """One piece a line."""

    def __init__(self, lines: tuple[Piece, ...] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(Wrapped(lines), id=id)

    def show(self, lines: tuple[Piece, ...]) -> None:
        """Draw other lines."""
        self.update(Wrapped(lines))


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The lines as a renderable, laid out for the width it is given."""

    lines: tuple[Piece, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        for line in self.lines:
            yield from wrapped(line, options.max_width, indent=INDENT)
