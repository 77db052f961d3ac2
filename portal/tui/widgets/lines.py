"""Lines of text that wrap in their own column."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text

from portal.tui.present.pieces import Piece
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.paint import painted, wrapped

INDENT, GAP = 2, 3


class Lines(Laid):
    """One piece a line."""

    def __init__(self, lines: tuple[Piece, ...] = (), *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(Wrapped(lines), id=id)

    def show(self, lines: tuple[Piece, ...]) -> None:
        """Draw other lines."""
        self.put(Wrapped(lines))

    def say(self, line: Piece) -> None:
        """Draw one line, or nothing where it is empty."""
        self.display = bool(line.text)
        self.show((line,))


@dataclass(frozen=True, slots=True)
class Wrapped:
    """The lines as a renderable, laid out for the width it is given."""

    lines: tuple[Piece, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.lines:
            yield from wrapped(line, options.max_width, indent=INDENT)


@dataclass(frozen=True, slots=True)
class Clipped:
    """The lines as a renderable: one row each, cut where the width ends."""

    lines: tuple[Piece, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for line in self.lines:
            text = painted(line)
            text.truncate(options.max_width, overflow="ellipsis")
            yield text


@dataclass(frozen=True, slots=True)
class Beside:
    """Pieces beside each other in one line, cut where the width ends."""

    pieces: tuple[Piece, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        text = Text(" " * GAP).join(map(painted, self.pieces))
        text.truncate(options.max_width, overflow="ellipsis")
        yield text
