"""One table of keys: footer, help and palette read it."""

from textual.binding import Binding, BindingType

ACTIVITY = Binding(
    "a", "activity", "Activity", id="app.activity", tooltip="Show or hide the steps of what is under way"
)
APP: list[BindingType] = [
    Binding("r", "refresh", "Refresh", id="app.refresh", tooltip="Ask every source again now"),
    ACTIVITY,
    Binding(
        "question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys of this screen"
    ),
    Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; a rehearsal world ends with it"),
    Binding("ctrl+c", "quit", "Quit", show=False, priority=True, id="app.interrupt", tooltip="Leave"),
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
