"""All keys of the screen below, read from its bindings."""

from typing import ClassVar

from rich.table import Table
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """Closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, bindings: list[BindingType]) -> None:
        super().__init__()
        self._listed = [binding for binding in bindings if isinstance(binding, Binding)]

    def compose(self) -> ComposeResult:
        table = Table("Key", "Does", box=None, padding=(0, 2))
        for binding in self._listed:
            key = binding.key_display or binding.key
            table.add_row(key, binding.tooltip or binding.description)
        with VerticalScroll(id="help"):
            yield Static(table)
