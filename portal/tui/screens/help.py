"""All keys of the screen below and all commands, read from their tables."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from portal.tui.present.help import help_sheet
from portal.tui.widgets.sheet_view import SheetView


class HelpScreen(ModalScreen[None]):
    """Closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self._listed = [binding for binding in bindings if isinstance(binding, Binding)]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield SheetView()

    def on_mount(self) -> None:
        self.query_one(SheetView).show(help_sheet(map(_told, self._listed)))


def _told(key: Binding) -> tuple[str, str]:
    return key.key_display or key.key.replace(",", ", "), key.tooltip or key.description
