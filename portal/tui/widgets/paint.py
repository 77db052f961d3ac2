"""Pieces as Rich text: tones become styles, markup in the text stays text."""

from rich.text import Text

from portal.tui.present import Piece, Tone

STYLES = {
    Tone.GOOD: "green",
    Tone.BUSY: "cyan",
    Tone.WARN: "yellow",
    Tone.BAD: "bold red",
    Tone.FAINT: "dim",
    Tone.TEXT: "",
}


def painted(piece: Piece) -> Text:
    """One piece."""
    return Text(piece.text, style=STYLES[piece.tone])


def joined(pieces: tuple[Piece, ...], gap: str = "  ") -> Text:
    """Pieces side by side."""
    return Text(gap).join(painted(piece) for piece in pieces)
