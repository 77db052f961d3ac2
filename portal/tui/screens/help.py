"""All keys of the screen below and all commands, read from their tables."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from portal.tui.present.commands import COMMANDS, usage
from portal.tui.present.filtering import COLUMNS

FILTER = (
    ("idsv", "letters of a name in this order, or a word of state or cause"),
    ("/^pay/", "a regular expression"),
    ("state:broken,unknown", f"one column: {', '.join(COLUMNS)}"),
    ("!healthy", "! before any of them turns it around; several must all hold"),
)


class HelpScreen(ModalScreen[None]):
    """Closes on any of the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close")
    ]

    def __init__(self, bindings: Sequence[BindingType]) -> None:
        super().__init__()
        self._listed = [binding for binding in bindings if isinstance(binding, Binding)]

    def compose(self) -> ComposeResult:
        keys = (
            (key.key_display or key.key.replace(",", ", "), key.tooltip or key.description)
            for key in self._listed
        )
        commands = (
            (
                usage(command),
                f"{command.does} ({', '.join(command.aliases)})" if command.aliases else command.does,
            )
            for command in COMMANDS
        )
        with VerticalScroll(id="help"):
            yield Static(_table("Key", keys))
            yield Static(_table("Command, after :", commands))
            yield Static(_table("Filter, after /", FILTER))


def _table(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    table = Table(title, "Does", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for left, right in rows:
        table.add_row(Text(left), Text(right))
    return table
