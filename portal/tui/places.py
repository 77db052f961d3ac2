"""Where one is, was and can go: screens over the fleet, and the trail through them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.binding import BindingType

from portal.ports import Switchboard
from portal.tui.present.notes import note_lines
from portal.tui.screens.fleet import FleetScreen
from portal.tui.screens.help import HelpScreen
from portal.tui.screens.notes import NotesScreen
from portal.tui.screens.tenant import TenantScreen
from portal.tui.screens.world import WorldScreen
from portal.tui.store import Store
from portal.tui.trail import Place, Trail

if TYPE_CHECKING:
    from portal.tui.app import PortalApp


class Places:
    """The fleet lies below every other screen."""

    def __init__(self, app: "PortalApp", store: Store, fleet: FleetScreen, board: Switchboard | None) -> None:
        self._app = app
        self._store = store
        self._fleet = fleet
        self._board = board
        self._trail = Trail()

    @property
    def here(self) -> Place:
        """The tenant that is looked at, None on the fleet."""
        return self._trail.here

    def visit(self, place: Place) -> None:
        """Go there; what lay ahead is cut off."""
        self._trail.go(place)
        self._show(place)

    def move(self, by: int) -> None:
        """Back or forth along the trail."""
        place = self._trail.move(by)
        if place is False:
            told = "There is no place before." if by < 0 else "There is no place after."
            self._app.notify(told, timeout=2)
        else:
            self._show(cast("Place", place))

    def world(self) -> None:
        """The rehearsal world."""
        if self._board is None:
            self._app.notify("This is no rehearsal.", severity="warning")
            return
        self._show(None)
        self._app.push_screen(WorldScreen(self._store, self._fleet.banner, self._board))

    def notes(self) -> None:
        """What was told."""
        self._app.push_screen(NotesScreen(note_lines(self._store.notes)))

    def help(self, keys: Sequence[BindingType]) -> None:
        """These keys, and every command."""
        self._app.push_screen(HelpScreen(keys))

    def look_at_the_world(self) -> None:
        """Ask the world now, where it is shown."""
        if isinstance(self._app.screen, WorldScreen):
            self._app.screen.look()

    def _show(self, place: Place) -> None:
        while self._app.screen is not self._fleet:
            self._app.pop_screen()
        if place is not None:
            self._app.push_screen(TenantScreen(self._store, self._fleet.banner, place))
