"""The rehearsal world: backends, faults in force, calls by operation; looked at every two seconds."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from portal.errors import PortalError
from portal.ports import Switchboard
from portal.tui.bindings import WORLD
from portal.tui.present.world import WorldView, world_sheet
from portal.tui.screens.live import LiveScreen
from portal.tui.store import Store
from portal.tui.widgets.sheet_view import SheetView

LOOK_SECONDS = 2.0
SHOWN_CALLS = 100


class WorldScreen(LiveScreen):
    """What was seen last stays when the world does not answer."""

    BINDINGS = WORLD

    def __init__(self, store: Store, banner: str, board: Switchboard) -> None:
        super().__init__(store, banner)
        self._board = board

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="world"):
            yield SheetView()

    def on_mount(self) -> None:
        self.query_one("#world").focus()
        self.look()
        self.set_interval(LOOK_SECONDS, self._look_again)

    def draw(self) -> None:
        self.query_one(SheetView).show(world_sheet(self.store.world or WorldView(), self.store.drilled))

    def shows_ages(self) -> bool:
        return False

    def look(self) -> None:
        """Ask the world now."""
        self.run_worker(
            look(self._board, self._seen, self.store.world or WorldView()), group="world", exclusive=True
        )

    def _look_again(self) -> None:
        if self.is_current:
            self.look()

    def _seen(self, view: WorldView) -> None:
        if view != self.store.world:
            self.store.world = view
            self.draw()

    def action_scroll(self, by: int) -> None:
        scroll = self.query_one("#world", VerticalScroll)
        scroll.scroll_relative(y=by, animate=False)


async def look(board: Switchboard, put: Callable[[WorldView], None], before: WorldView) -> None:
    """Put what the world tells, or what was known before with the reason."""
    try:
        view = WorldView(await board.state(), await board.calls(SHOWN_CALLS))
    except PortalError as error:
        view = WorldView(before.state, before.calls, error.cause)
    put(view)
