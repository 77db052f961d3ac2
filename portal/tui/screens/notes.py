"""Everything that was told in passing."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from portal.tui.present.pieces import Piece
from portal.tui.widgets.lines import Lines


class NotesScreen(ModalScreen[None]):
    """Newest first; closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,n", "dismiss", "Close", id="notes.close")]

    def __init__(self, lines: tuple[Piece, ...]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="notes"):
            yield Static("What was told, newest first", id="notes-title")
            yield Lines(self._lines)
