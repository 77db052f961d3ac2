"""The line that says what runs beside the screens; opened, its last steps too, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.text import Text

from portal.tui.present.pieces import Piece
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.paint import painted, wrapped

SHOWN_STEPS = 8
INDENT = 2


class ActivityPanel(Laid):
    """Hidden where nothing runs; a failure is drawn in full, closed or opened."""

    def show(self, head: Piece, steps: tuple[Piece, ...], *, opened: bool, full: bool) -> None:
        """Draw the head, below the newest steps where the panel is opened."""
        self.display = bool(head.text)
        self.set_class(opened, "opened")
        self.put(Steps(head, steps if opened else (), full=full or opened))


@dataclass(frozen=True, slots=True)
class Steps:
    """The panel as a renderable, laid out for the width it is given; not `full`, the head is one line."""

    head: Piece
    steps: tuple[Piece, ...]
    full: bool

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        if self.full:
            yield from wrapped(self.head, options.max_width, indent=INDENT)
        else:
            head = painted(self.head)
            head.truncate(options.max_width, overflow="ellipsis")
            yield head
        for step in reversed(self.steps[-SHOWN_STEPS:]):
            yield from wrapped(step, options.max_width, indent=INDENT)
