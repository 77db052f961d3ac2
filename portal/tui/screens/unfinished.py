"""Work this machine has begun and not finished: choose what to go on with."""

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static

from portal.tui.open_work import OpenWork
from portal.tui.widgets.paint import painted


class UnfinishedScreen(ModalScreen[OpenWork | None]):
    """Ends with the work to go on with, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Later", id="unfinished.cancel")]

    def __init__(self, work: tuple[OpenWork, ...]) -> None:
        super().__init__()
        self._work = work

    def compose(self) -> ComposeResult:
        with Vertical(id="unfinished"):
            yield Static("Begun and not finished. Enter shows what is left to do, escape leaves it.")
            yield OptionList(*(Text("\n").join(map(painted, work.lines)) for work in self._work))
            yield Static(id="unfinished-told", markup=False)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        work = self._work[event.option_index]
        if work.refusal:
            self.query_one("#unfinished-told", Static).update(work.refusal)
        else:
            self.dismiss(work)

    def action_cancel(self) -> None:
        self.dismiss(None)
