"""Pieces as Rich text: tones become styles, markup in the text stays text, long text wraps."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text

from portal.tui.present.pieces import Piece, Tone

# Where a word that fits no line may be cut: behind the separators of paths, names and hosts.
_JOINTS = re.compile(r"(?<=[/.:,=-])")


def painted(piece: Piece) -> Text:
    """One piece."""
    return Text.assemble((piece.text, style_of(piece.tone)))


def style_of(tone: Tone) -> str:
    """Name of a tone's style; the theme that is chosen says how it looks."""
    return f"tone.{tone}"


def wrapped(piece: Piece, width: int, *, indent: int = 0) -> list[Text]:
    """One piece as lines of at most `width` cells, every line but the first indented; nothing is lost."""
    lines = list(_lines(piece.text, width, max(1, width - indent)))
    style = style_of(piece.tone)
    return [
        Text.assemble(" " * (indent if number else 0), (line, style)) for number, line in enumerate(lines)
    ]


def _lines(text: str, width: int, rest: int) -> Iterator[str]:
    """Lines of `text`: the first of `width` cells, the others of `rest`."""
    line, room = "", width
    for part in _parts(text, rest):
        if cell_len((line + part).rstrip()) > room and line:
            yield line.rstrip()
            line, room = part.lstrip(), rest
        else:
            line += part
    yield line.rstrip()


def _parts(text: str, width: int) -> Iterator[str]:
    """What may not be divided further: words with the space behind them, or parts of words too long."""
    for word in re.findall(r"\s*\S+\s*?(?=\s|$)", text):
        if cell_len(word.strip()) <= width:
            yield word
            continue
        for joint in _JOINTS.split(word):
            yield from chop_cells(joint, width) if cell_len(joint) > width else [joint]
