"""Everything on the screen in ASCII, for terminals and fonts that have nothing else."""

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_ALIKE = {
    "-": "─━═▔▁╌┄—\u2010\u2011\u2013",
    "|": "│┃║┆┊╎▏▕",
    "+": "╭╮╰╯┌┐└┘├┤┬┴┼╞╡✔",
    "#": "█▇▆▅▄▃▂▌▐▎▍▊▋▉",
    "*": "●◉•▪",
    "o": "○◐",
    "x": "✖",
    ".": "·…",
    ">": "→▸▶⇥",
    "<": "←◀◂⏎",
    "^": "↑",
    "v": "↓▾▼",
}
_TABLE = {ord(char): alike for alike, chars in _ALIKE.items() for char in chars}
_LAST = 0x7E


def in_ascii(text: str) -> str:
    """As wide as before; what has no likeness becomes question marks."""
    if text.isascii():
        return text
    return "".join(char if ord(char) <= _LAST else "?" * cell_len(char) for char in text.translate(_TABLE))


class Ascii(LineFilter):
    """Drawn last, so that borders and scroll bars are plain too."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - its base's signature
        return [
            segment if segment.control else Segment(in_ascii(segment.text), segment.style)
            for segment in segments
        ]
