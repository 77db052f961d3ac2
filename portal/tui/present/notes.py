"""What was told in passing, kept for those who looked elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.core.wording import age, plain
from portal.tui.present.pieces import Piece, Tone

_TONES = {"error": Tone.BAD, "warning": Tone.WARN}
_SIGNS = {"error": "✖", "warning": "!"}


@dataclass(frozen=True, slots=True)
class Note:
    """One notification; `severity` is information, warning or error."""

    age_seconds: float
    severity: str
    text: str


def note_lines(notes: Sequence[Note]) -> tuple[Piece, ...]:
    """One line each, in the order given."""
    if not notes:
        return (Piece("Nothing was told yet.", Tone.FAINT),)
    return tuple(
        Piece(
            f"{age(note.age_seconds):>4} ago  {_SIGNS.get(note.severity, '·')} {plain(note.text)}",
            _TONES.get(note.severity, Tone.TEXT),
        )
        for note in notes
    )
