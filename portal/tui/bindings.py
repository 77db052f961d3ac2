"""One table of keys: footer, help and palette read it."""

from textual.binding import Binding, BindingType

from portal.tui.present.parts import TITLES

ACTIVITY = Binding(
    "a",
    "activity",
    "Activity",
    id="app.activity",
    tooltip="Show or hide the steps of what is under way",
)
APP: list[BindingType] = [
    Binding(
        "colon",
        "command",
        "Command",
        key_display=":",
        id="app.command",
        tooltip="Type a command; tab completes",
    ),
    Binding("r", "refresh", show=False, id="app.refresh", tooltip="Ask every source again now"),
    Binding(
        "question_mark", "help", "Help", key_display="?", id="app.help", tooltip="All keys of this screen"
    ),
    Binding(
        "left_square_bracket",
        "back",
        show=False,
        key_display="[",
        id="app.back",
        tooltip="To the place before",
    ),
    Binding(
        "right_square_bracket",
        "forward",
        show=False,
        key_display="]",
        id="app.forward",
        tooltip="To the place after",
    ),
    Binding("o", "onboard", show=False, id="app.onboard", tooltip="Bring a service up"),
    Binding("u", "resume", show=False, id="app.resume", tooltip="What was begun and not finished"),
    Binding("w", "world", show=False, id="app.world", tooltip="The rehearsal world: backends, faults, calls"),
    Binding("n", "notes", show=False, id="app.notes", tooltip="Everything that was told, newest first"),
    Binding("T", "begin('theme ')", show=False, id="app.theme", tooltip="Choose the colours"),
    Binding("ctrl+s", "begin('export ')", show=False, id="app.export", tooltip="The table into a file"),
    Binding(
        "ctrl+p", "command_palette", show=False, priority=True, id="app.palette", tooltip="Find a command"
    ),
    Binding("q", "quit", "Quit", id="app.quit", tooltip="Leave; a rehearsal world ends with it"),
    ACTIVITY,
    Binding("ctrl+c", "quit", "Quit", show=False, priority=True, id="app.interrupt", tooltip="Leave"),
]
FLEET_TABLE: list[BindingType] = [
    Binding("enter", "open", "Open", id="fleet.open", tooltip="The selected tenant; of a heading, fold it"),
    Binding("space", "mark", show=False, id="fleet.mark", tooltip="Mark the tenant, or no longer"),
    Binding("down,j", "cursor(1)", show=False, id="fleet.down", tooltip="Next line"),
    Binding("up,k", "cursor(-1)", show=False, id="fleet.up", tooltip="Previous line"),
    Binding("pagedown", "page(1)", show=False, id="fleet.pagedown", tooltip="A screen down"),
    Binding("pageup", "page(-1)", show=False, id="fleet.pageup", tooltip="A screen up"),
    Binding("home", "first", show=False, id="fleet.first", tooltip="First line"),
    Binding("end,G", "last", show=False, id="fleet.last", tooltip="Last line"),
]
FLEET: list[BindingType] = [
    Binding("slash", "filter", "Filter", key_display="/", id="fleet.filter", tooltip="Filter the tenants"),
    Binding("f", "faults", "Faults", id="fleet.faults", tooltip="Only what is not healthy, or all again"),
    Binding("s", "app.begin('sort ')", "Sort", id="fleet.sort", tooltip="Order by any column"),
    Binding("g", "app.begin('group ')", "Group", id="fleet.group", tooltip="By environment, team or state"),
    Binding("e", "app.begin('environment ')", "Env", id="fleet.env", tooltip="One environment, or all"),
    Binding("escape", "all", show=False, id="fleet.all", tooltip="Show all tenants again"),
]
TENANT: list[BindingType] = [
    Binding("escape", "app.fleet", "Fleet", id="tenant.back", tooltip="To the fleet"),
    Binding("enter", "look", "Look", id="tenant.look", tooltip="From the cause to what it is about"),
    Binding("tab,right", "next_tab(1)", "Tab", key_display="⇥", id="tenant.next", tooltip="Next tab"),
    Binding("shift+tab,left", "next_tab(-1)", show=False, id="tenant.previous", tooltip="Tab before"),
    *(
        Binding(str(number), f"tab({number})", show=False, id=f"tenant.tab{number}", tooltip=f"Tab {title}")
        for number, title in enumerate(TITLES, start=1)
    ),
    Binding("l", "logs", "Logs", id="tenant.logs", tooltip="What its containers write, followed"),
    Binding("c", "copy_fix", "Copy", id="tenant.copy", tooltip="Put the fix command on the clipboard"),
    Binding("x", "run_fix", show=False, id="tenant.fix", tooltip="Do what the fix says, after a review"),
    Binding("m", "order('compare')", show=False, id="tenant.compare", tooltip="Compare its secrets"),
    Binding("v", "line('reveal')", show=False, id="tenant.reveal", tooltip="Show one secret for 30 seconds"),
    Binding("d", "order('diff')", show=False, id="tenant.diff", tooltip="What differs from git"),
    Binding("R", "order('recheck')", show=False, id="tenant.recheck", tooltip="ArgoCD compares with git now"),
    Binding("S", "order('sync')", show=False, id="tenant.sync", tooltip="ArgoCD applies what git holds"),
    Binding("j", "scroll_down", show=False, id="tenant.down", tooltip="Scroll down"),
    Binding("k", "scroll_up", show=False, id="tenant.up", tooltip="Scroll up"),
]
WORLD: list[BindingType] = [
    Binding("escape", "app.fleet", "Fleet", id="world.back", tooltip="To the fleet"),
    Binding("i", "app.begin('fault ')", "Break something", id="world.fault", tooltip="Add a fault rule"),
    Binding("x", "app.begin('unfault ')", "Mend", id="world.unfault", tooltip="Take a fault rule away"),
    Binding("d", "app.begin('drill ')", "Drill", id="world.drill", tooltip="Lose a source and get it back"),
    Binding("down,j", "scroll(1)", show=False, id="world.down", tooltip="Scroll down"),
    Binding("up,k", "scroll(-1)", show=False, id="world.up", tooltip="Scroll up"),
]
