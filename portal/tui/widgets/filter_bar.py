"""The line in which the fleet is filtered, key by key."""

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from portal.tui.present.filtering import LONGEST

EXAMPLES = "idsv  /^pay/  !healthy  state:broken,unknown  neon:broken"


class FilterBar(Vertical):
    """Hidden until it is asked for; tells every change, and that it is done with."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Show all", id="filter.clear", tooltip="Take the filter away"),
        Binding("down", "keep", show=False, id="filter.keep", tooltip="Keep the filter, go to the table"),
    ]

    class Typed(Message):
        """The filter reads differently now."""

        def __init__(self, bar: "FilterBar", text: str) -> None:
            self.bar = bar
            self.text = text
            super().__init__()

        @property
        def control(self) -> "FilterBar":
            return self.bar

    class Left(Message):
        """Whoever typed is done."""

        def __init__(self, bar: "FilterBar") -> None:
            self.bar = bar
            super().__init__()

        @property
        def control(self) -> "FilterBar":
            return self.bar

    def open(self, text: str) -> None:
        """Begin to type behind what is there."""
        self.display = True
        box = self._box()
        box.value = text
        box.cursor_position = len(text)
        self.screen.set_focus(box)

    def put(self, text: str) -> None:
        """Show a filter that came from elsewhere; nothing is told."""
        self.display = bool(text)
        if not (text or self.children):
            return
        box = self._box()
        if box.value != text:
            with box.prevent(Input.Changed):
                box.value = text

    def complain(self, fault: str) -> None:
        """Say why the line is no filter, or nothing."""
        told = self.query_one("#filter-fault", Static)
        told.display = bool(fault)
        told.update(fault)

    def action_clear(self) -> None:
        self._box().value = ""
        self.display = False
        self.post_message(self.Typed(self, ""))
        self.post_message(self.Left(self))

    def action_keep(self) -> None:
        self.post_message(self.Left(self))

    def _box(self) -> Input:
        """The field, made when it is first needed: it is dear, and the first frame shows none."""
        if not self.children:
            box = Input(placeholder=EXAMPLES, max_length=LONGEST, select_on_focus=False)
            self.mount(
                Horizontal(Static("/", id="slash"), box, id="filter-line"),
                Static(id="filter-fault", markup=False),
            )
            return box
        return self.query_one(Input)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Left(self))
