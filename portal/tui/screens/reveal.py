"""One value, shown to whoever says why; hidden after 30 seconds, or as soon as something covers it."""

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from portal.core.facets import TenantKey
from portal.core.wording import plain
from portal.engine.tenant_secrets import Revealed
from portal.errors import PortalError
from portal.tui.desk import Desk
from portal.tui.present.pieces import Piece, Tone
from portal.tui.widgets.paint import painted
from portal.tui.widgets.tenant_name import TenantName

SHOWN_SECONDS, TICK_SECONDS = 30.0, 1.0
LONGEST = 400


class RevealScreen(ModalScreen[str]):
    """Ends with what was shown, empty where nothing was. `named` asks for the tenant's name too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "hide", "Hide", id="reveal.hide"),
    ]

    def __init__(
        self, desk: Desk, tenant: TenantKey, key: str, *, named: bool, monotonic: Callable[[], float]
    ) -> None:
        super().__init__()
        self._desk = desk
        self._tenant = tenant
        self._key = key
        self._named = named
        self._monotonic = monotonic
        self._shown = ""
        self._until = 0.0

    def compose(self) -> ComposeResult:
        with Vertical(id="reveal"):
            yield Static(f"Show {self._key} of {self._tenant} for {SHOWN_SECONDS:.0f} seconds", markup=False)
            yield Input(id="reveal-reason", placeholder="why; it is written down", max_length=LONGEST)
            if self._named:
                yield TenantName(self._tenant, id="reveal-name")
            yield Static(id="reveal-told")
            yield Static(id="reveal-value", markup=False)

    def on_mount(self) -> None:
        self.query_one("#reveal-reason", Input).focus()
        self._tell(Piece("Enter shows it. Escape leaves.", Tone.FAINT))
        self.set_interval(TICK_SECONDS, self.tick)

    def on_screen_suspend(self) -> None:
        """No palette and no picture is taken over a value."""
        self._forget()

    def tick(self) -> None:
        """Count down, and hide at the end."""
        if not self._shown:
            return
        left = self._until - self._monotonic()
        if left <= 0:
            self.action_hide()
        else:
            self._tell(Piece(f"{self._shown}; hidden in {left:.0f} s, or by escape", Tone.WARN))

    def action_hide(self) -> None:
        shown = self._shown
        self._forget()
        self.dismiss(shown)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        reason = self.query_one("#reveal-reason", Input)
        if not reason.value.strip():
            self._tell(Piece("Say why it is shown.", Tone.BAD))
            reason.focus()
        elif (fault := next((name.fault() for name in self.query(TenantName)), None)) is not None:
            self._tell(fault)
        else:
            self._tell(Piece("… reading", Tone.BUSY))
            self.run_worker(self._read(reason.value), group="reveal", exclusive=True, exit_on_error=False)

    async def _read(self, reason: str) -> None:
        try:
            found = await self._desk.reveal(self._tenant, self._key, reason)
        except PortalError as error:
            self._tell(Piece(f"✖ {plain(str(error))}", Tone.BAD))
        else:
            self._show(found)

    def _show(self, found: Revealed) -> None:
        if not self.is_current:
            return
        for box in self.query(Input):
            box.display = False
        value = found.value.reveal("show it to the person who asked")
        self.query_one("#reveal-value", Static).update("\n".join(map(plain, value.splitlines())))
        self._shown = f"{found.parameter} version {found.version}"
        self._until = self._monotonic() + SHOWN_SECONDS
        self.tick()

    def _forget(self) -> None:
        self.query_one("#reveal-value", Static).update("")
        if self._shown:
            self._tell(Piece("Hidden.", Tone.FAINT))
        self._shown = ""

    def _tell(self, piece: Piece) -> None:
        self.query_one("#reveal-told", Static).update(painted(piece))
