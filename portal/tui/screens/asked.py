"""Something that is asked for once and read: a sheet, or why there is none."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from portal.core.wording import plain
from portal.errors import PortalError
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.sheet import Section, Sheet
from portal.tui.widgets.sheet_view import SheetView


class AskedScreen(ModalScreen[None]):
    """Asks as soon as it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close", id="asked.close")]

    def __init__(self, title: str, ask: Callable[[], Awaitable[Sheet]]) -> None:
        super().__init__()
        self._title = title
        self._ask = ask

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="asked"):
            yield SheetView()

    def on_mount(self) -> None:
        self._say(Piece("… reading", Tone.BUSY))
        self.run_worker(self._read(), group="asked", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        try:
            sheet = await self._ask()
        except PortalError as error:
            self._say(Piece(f"✖ {plain(str(error))}", Tone.BAD))
        else:
            self.query_one(SheetView).show(sheet)

    def _say(self, piece: Piece) -> None:
        self.query_one(SheetView).show((Section(Piece(self._title, Tone.STRONG), (piece,)),))
