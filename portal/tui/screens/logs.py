"""What the containers of a tenant write: followed, filtered, one container at a time."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from portal.core.facets import TenantKey
from portal.errors import PortalError
from portal.tui.desk import Desk
from portal.tui.present.logs import Place, log_head, log_lines
from portal.tui.widgets.lines import Lines
from portal.tui.widgets.paint import painted

LOOK_SECONDS = 2.0
LONGEST = 200


class LogsScreen(ModalScreen[None]):
    """Asks for the last lines again and again; what was read stays when that fails."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Close", id="logs.close"),
        Binding("tab", "turn(1)", "Next container", priority=True, id="logs.next"),
        Binding("shift+tab", "turn(-1)", "Container before", priority=True, id="logs.previous"),
        Binding("pagedown", "page(1)", show=False, priority=True, id="logs.down"),
        Binding("pageup", "page(-1)", show=False, priority=True, id="logs.up"),
    ]

    def __init__(self, desk: Desk, tenant: TenantKey, places: tuple[Place, ...]) -> None:
        super().__init__()
        self._desk = desk
        self._tenant = tenant
        self._places = places
        self._at = 0
        self._text: str | None = None
        self._fault = ""

    def compose(self) -> ComposeResult:
        with Vertical(id="logs"):
            yield Static(id="logs-head")
            with VerticalScroll(id="logs-text", can_focus=False):
                yield Lines()
            with Horizontal(id="logs-line"):
                yield Static("/", id="logs-slash")
                yield Input(
                    placeholder="only lines that contain this; tab: next container", max_length=LONGEST
                )

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._draw()
        self.look()
        self.set_interval(LOOK_SECONDS, self.look)

    @on(Input.Changed)
    def _filtered(self, event: Input.Changed) -> None:
        event.stop()
        self._draw()

    def look(self) -> None:
        """Ask for the last lines now."""
        self.run_worker(self._read(self._places[self._at]), group="logs", exclusive=True)

    def action_turn(self, by: int) -> None:
        self._at = (self._at + by) % len(self._places)
        self._text, self._fault = None, ""
        self._draw()
        self.look()

    def action_page(self, by: int) -> None:
        scroll = self.query_one("#logs-text", VerticalScroll)
        scroll.scroll_relative(y=by * max(1, scroll.size.height - 1), animate=False)

    async def _read(self, place: Place) -> None:
        try:
            text = await self._desk.logs(self._tenant, place.pod, place.container)
        except PortalError as error:
            self._fault = error.cause
        else:
            self._text, self._fault = text, ""
        self._draw()

    def _draw(self) -> None:
        """The end stays in sight unless somebody scrolled away from it."""
        scroll = self.query_one("#logs-text", VerticalScroll)
        follows = scroll.scroll_y >= scroll.max_scroll_y - 1
        head = log_head(self._places[self._at], self._places, self._fault)
        self.query_one("#logs-head", Static).update(painted(head))
        wanted = self.query_one(Input).value
        self.query_one(Lines).show(log_lines(self._text, wanted, fault=bool(self._fault)))
        if follows:
            self.call_after_refresh(scroll.scroll_end, animate=False)
