"""The keys of the screen in one line at the bottom; a click on one does what the key does."""

from collections.abc import Iterator

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from portal.tui.widgets.laid import strip_of

GAP = 2


class KeyBar(Widget):
    """Drawn as one line rather than a widget per key, which is what makes a screen slow to open."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"key-bar--key"}  # noqa: RUF012 - Textual declares it without ClassVar

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def render_line(self, y: int) -> Strip:
        return strip_of(self, Text() if y else self._line(self.size.width))

    def _changed(self, _screen: Screen[object]) -> None:
        self.refresh()

    def _line(self, width: int) -> Text:
        """As many keys as there is room for, none of them cut."""
        line = Text()
        for key in self._keys():
            if line.cell_len + key.cell_len > width:
                break
            line = Text.assemble(line, key, " " * GAP)
        return line

    def _keys(self) -> Iterator[Text]:
        style = self.get_component_rich_style("key-bar--key", partial=True)
        told = set()
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if binding.show and enabled and binding.action not in told:
                told.add(binding.action)
                yield self._key(binding, style)

    def _key(self, binding: Binding, style: Style) -> Text:
        pressed = Style(meta={"@click": f"app.simulate_key({binding.key!r})"})
        display = self.app.get_key_display(binding)
        return Text.assemble((display, style + pressed), (f" {binding.description}", pressed))
