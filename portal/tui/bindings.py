"""One table of keys: footer, help and palette read it."""

from textual.binding import Binding, BindingType

APP: list[BindingType] = [
    Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; a rehearsal world ends with it"),
    Binding(
        "question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys of this screen"
    ),
]
FLEET_TABLE: list[BindingType] = [
    Binding("enter", "select_cursor", "Open", id="fleet.open", tooltip="The chain of the selected tenant"),
]
FLEET: list[BindingType] = [
    Binding("j", "cursor_down", "Down", show=False, id="fleet.down", tooltip="Next tenant"),
    Binding("k", "cursor_up", "Up", show=False, id="fleet.up", tooltip="Previous tenant"),
]
TENANT: list[BindingType] = [
    Binding("escape", "back", "Back", id="tenant.back", tooltip="To the fleet"),
    Binding("c", "copy_fix", "Copy fix", id="tenant.copy", tooltip="Put the fix command on the clipboard"),
    Binding("j", "scroll_down", "Down", show=False, id="tenant.down", tooltip="Scroll down"),
    Binding("k", "scroll_up", "Up", show=False, id="tenant.up", tooltip="Scroll up"),
]
