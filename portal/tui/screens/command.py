"""The command line at the bottom, with what could come next above it."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from portal.core.wording import plain
from portal.errors import UsageError
from portal.tui.present.commands import COMMANDS, Order, Vocabulary, completions, described, read_order
from portal.tui.present.pieces import Piece, Tone
from portal.tui.widgets.paint import painted

LONGEST, SHOWN = 400, 200
NAMES = max(len(command.name) for command in COMMANDS) + 2


class CommandScreen(ModalScreen[Order | None]):
    """Ends with an order, or with None; a line that is none stays, with the reason below it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", id="command.cancel"),
        Binding("tab", "complete", priority=True, id="command.complete", tooltip="Take the marked one"),
        Binding("down", "mark(1)", priority=True, id="command.down", tooltip="Mark the next one"),
        Binding("up", "mark(-1)", priority=True, id="command.up", tooltip="The one before, or a line before"),
    ]

    def __init__(self, vocabulary: Vocabulary, before: Sequence[str], begin: str = "") -> None:
        super().__init__()
        self._vocabulary = vocabulary
        self._before = before
        self._begin = begin
        self._back = 0
        self._marked = False
        self._found: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        with Vertical(id="command"):
            yield OptionList(id="completions")
            yield Static(id="command-told")
            yield Input(self._begin, max_length=LONGEST, id="command-line", select_on_focus=False)

    def on_mount(self) -> None:
        self.query_one(OptionList).can_focus = False
        self.set_focus(self.query_one(Input))
        self._complete()

    @on(Input.Changed)
    def _complete(self) -> None:
        line = self.query_one(Input).value
        choices = self.query_one(OptionList)
        choices.clear_options()
        self._found = completions(line, self._vocabulary)[:SHOWN]
        choices.add_options(list(map(_choice, self._found)))
        choices.display = bool(choices.option_count)
        self._marked = False
        choices.highlighted = None
        self._tell(described(line))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._give(self._chosen() or event.value)

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._give(self._found[event.option_index])

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_complete(self) -> None:
        box, choices = self.query_one(Input), self.query_one(OptionList)
        if choices.option_count:
            place = choices.highlighted if self._marked and choices.highlighted is not None else 0
            text = self._found[place]
            box.value = text if " " in text else f"{text} "
            box.cursor_position = len(box.value)

    def action_mark(self, by: int) -> None:
        """Through what could come next; on an empty line upwards through the lines before."""
        box, choices = self.query_one(Input), self.query_one(OptionList)
        if by < 0 and not self._marked and self._back < len(self._before):
            self._back += 1
            box.value = self._before[-self._back]
            box.cursor_position = len(box.value)
        elif choices.option_count:
            at = choices.highlighted
            first = 0 if by > 0 else choices.option_count - 1
            choices.highlighted = (
                first if at is None or not self._marked else (at + by) % choices.option_count
            )
            self._marked = True

    def _chosen(self) -> str:
        choices = self.query_one(OptionList)
        if not self._marked or choices.highlighted is None:
            return ""
        return self._found[choices.highlighted]

    def _give(self, line: str) -> None:
        if not line.strip():
            self.dismiss(None)
            return
        try:
            order = read_order(line, self._vocabulary)
        except UsageError as error:
            self._refuse(line, error)
            return
        self.dismiss(order)

    def _refuse(self, line: str, error: UsageError) -> None:
        """A command that lacks its argument is taken into the line, so that the argument can follow."""
        box = self.query_one(Input)
        if " " not in line.strip() and completions(f"{line.strip()} ", self._vocabulary):
            box.value = f"{line.strip()} "
            box.cursor_position = len(box.value)
        elif box.value != line:
            box.value = line
        hint = f". {error.hint}" if error.hint else ""
        self.call_after_refresh(self._tell, f"{error.cause}{hint}", fault=True)

    def _tell(self, text: str, *, fault: bool = False) -> None:
        told = self.query_one("#command-told", Static)
        told.set_class(fault, "fault")
        told.display = bool(text)
        told.update(Text(plain(text)))


def _choice(found: str) -> Text:
    """A command beside what it does; a line with an argument stands alone."""
    if " " in found:
        return Text(plain(found))
    return Text.assemble(f"{found:<{NAMES}}", painted(Piece(described(found), Tone.FAINT)))
