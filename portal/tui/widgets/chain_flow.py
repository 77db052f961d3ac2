"""The chain of one tenant drawn as a flow from git to running pods."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

from portal.tui.present.pieces import Piece
from portal.tui.present.tenant import ChainLine
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.paint import painted, wrapped

RAIL = 3
# Narrower than this, what was seen stands below its hop instead of beside it.
LEAST_BESIDE, MOST_BESIDE = 30, 100
BELOW_INDENT = 3


class ChainFlow(Laid):
    """A hop a line; what was seen of it wraps in its own column, at every width of the terminal."""

    def show(self, lines: tuple[ChainLine, ...]) -> None:
        """Draw the chain."""
        self.put(Flow(lines))


@dataclass(frozen=True, slots=True)
class Flow:
    """The chain as a renderable, laid out for the width it is given."""

    lines: tuple[ChainLine, ...]

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        sizes = (
            _widest([line.sign for line in self.lines]) + 1,
            _widest([line.title for line in self.lines]) + 2,
            _widest([line.facts for line in self.lines]) + 2,
        )
        beside = options.max_width - RAIL - sum(sizes)
        for line in self.lines:
            head = [_cell(piece, size) for piece, size in zip(_head(line), sizes, strict=True)]
            if beside >= LEAST_BESIDE:
                told = _told(line, min(beside, MOST_BESIDE))
                yield from _beside(line, Text().join(head), told)
            else:
                indent = sizes[0] + BELOW_INDENT
                told = _told(line, options.max_width - RAIL - indent)
                yield from _below(line, Text().join(head), told, indent)


def _beside(line: ChainLine, head: Text, told: list[Text]) -> Iterator[Text]:
    yield _row(line.rail, head, told[0])
    for text in told[1:]:
        yield _row(line.below, Text(" " * head.cell_len), text)


def _below(line: ChainLine, head: Text, told: list[Text], indent: int) -> Iterator[Text]:
    yield _row(line.rail, head, Text())
    for text in told:
        yield _row(line.below, Text(" " * indent), text)


def _row(rail: Piece, *parts: Text) -> Text:
    row = Text.assemble(" ", painted(rail), " ", *parts)
    row.rstrip()
    return row


def _told(line: ChainLine, width: int) -> list[Text]:
    return [text for piece in line.told for text in wrapped(piece, width)]


def _head(line: ChainLine) -> tuple[Piece, ...]:
    return line.sign, line.title, line.facts


def _cell(piece: Piece, size: int) -> Text:
    text = painted(piece)
    text.pad_right(size - text.cell_len)
    return text


def _widest(pieces: list[Piece]) -> int:
    return max((cell_len(piece.text) for piece in pieces), default=0)
