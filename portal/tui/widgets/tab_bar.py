"""The row of tabs of one tenant, numbered as the keys that open them."""

from collections.abc import Iterator, Sequence

from rich.text import Text
from textual.events import Click, Resize
from textual.message import Message
from textual.widgets import Static

GAP = 2


class TabBar(Static):
    """One line; where it is too narrow for the numbers it goes without."""

    class Chosen(Message):
        """A tab was clicked."""

        def __init__(self, bar: "TabBar", title: str) -> None:
            self.bar = bar
            self.title = title
            super().__init__()

        @property
        def control(self) -> "TabBar":
            return self.bar

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__()
        self._titles = titles
        self._active = titles[0]

    def show(self, active: str) -> None:
        """Mark the tab that is open."""
        self._active = active
        self._draw()

    def on_resize(self, event: Resize) -> None:
        del event
        self._draw()

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        at = 0
        for title, label in self._labels():
            at += len(label) + self._gap
            if offset is not None and offset.x < at:
                self.post_message(self.Chosen(self, title))
                return

    def _draw(self) -> None:
        parts = [
            (f"{label}", "reverse bold" if title == self._active else "") for title, label in self._labels()
        ]
        self.update(Text(" " * self._gap).join(Text.assemble(part) for part in parts))

    @property
    def _gap(self) -> int:
        return GAP if self.size.width >= sum(map(len, self._titles)) + GAP * len(self._titles) else 1

    def _labels(self) -> Iterator[tuple[str, str]]:
        numbered = [f"{number} {title}" for number, title in enumerate(self._titles, start=1)]
        room = self.size.width >= sum(map(len, numbered)) + GAP * len(numbered)
        yield from zip(self._titles, numbered if room else self._titles, strict=True)
