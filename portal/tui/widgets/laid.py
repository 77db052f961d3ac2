"""Lines laid out for the width there is; a line becomes cells when it is seen."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Protocol

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.text import Text
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

# A layout asks with and without a scroll bar, before and after the terminal changed.
KEPT_WIDTHS = 4


class Drawing(Protocol):
    """A value that can be laid out; equal ones look the same."""

    def __rich_console__(self, console: Console, options: ConsoleOptions, /) -> Iterable[Text]: ...


def changed(old: Text, new: Text, width: int) -> tuple[int, int]:
    """The columns, from the first to behind the last, in which a line looks different now."""
    if old.spans != new.spans or old.cell_len != new.cell_len:
        return 0, width
    if old.plain == new.plain:
        return 0, 0
    begin = _alike(old.plain, new.plain)
    end = _alike(old.plain[begin:][::-1], new.plain[begin:][::-1])
    return cell_len(new.plain[:begin]), new.cell_len - cell_len(new.plain[len(new.plain) - end :])


def _alike(old: str, new: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False)))


def strip_of(widget: Widget, line: Text) -> Strip:
    """A line as the cells of a widget: as wide as that, on its colours."""
    style = widget.rich_style
    segments = Segment.apply_style(line.render(widget.app.console), style)
    return Strip(segments).adjust_cell_length(widget.size.width, style)


class Laid(Widget):
    """Draws one drawing. It is laid out once per width, and only lines in sight are drawn."""

    DEFAULT_CSS = "Laid { height: auto; }"

    def __init__(self, drawing: Drawing | None = None, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._drawing = drawing
        self._at: dict[int, list[Text]] = {}

    def put(self, drawing: Drawing) -> None:
        """Draw this; what is drawn already is left alone."""
        if drawing == self._drawing:
            return
        width = self.size.width
        before = self._at.get(width)
        self._drawing = drawing
        self._at.clear()
        now = self._lines(width)
        if before is None or len(before) != len(now):
            self.refresh(layout=True)
            return
        # Only what changed goes over the wire, such as an age.
        for y, (old, new) in enumerate(zip(before, now, strict=True)):
            first, last = changed(old, new, width)
            if first < last:
                self.refresh(Region(first, y, last - first, 1))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        return len(self._lines(width))

    def render_line(self, y: int) -> Strip:
        lines = self._lines(self.size.width)
        return strip_of(self, lines[y] if y < len(lines) else Text())

    def _lines(self, width: int) -> list[Text]:
        if self._drawing is None or width <= 0:
            return []
        if width not in self._at:
            if len(self._at) == KEPT_WIDTHS:
                self._at.clear()
            console = self.app.console
            options = console.options.update_width(width)
            self._at[width] = list(self._drawing.__rich_console__(console, options))
        return self._at[width]
