"""Consent to one deed: what it is about, and the tenant's name where its environment is protected."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from portal.core.facets import TenantKey
from portal.tui.present.sheet import Sheet
from portal.tui.widgets.paint import painted
from portal.tui.widgets.sheet_view import SheetView
from portal.tui.widgets.tenant_name import TenantName


class ConsentScreen(ModalScreen[bool]):
    """Ends with the consent; `named` asks for the tenant's name."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", id="consent.cancel"),
        Binding("ctrl+s", "agree", "Do it", key_display="^s", priority=True, id="consent.agree"),
    ]

    def __init__(self, question: str, tenant: TenantKey, sheet: Sheet, *, named: bool) -> None:
        super().__init__()
        self._question = question
        self._tenant = tenant
        self._sheet = sheet
        self._named = named

    def compose(self) -> ComposeResult:
        with Vertical(id="consent"):
            yield Static(self._question, id="consent-question", markup=False)
            with VerticalScroll(id="consent-about"):
                yield SheetView()
            if self._named:
                yield TenantName(self._tenant, id="consent-name")
            yield Static(id="consent-told")
            with Horizontal(id="consent-buttons"):
                yield Button("Do it  ^s", id="consent-agree", variant="primary", compact=True)
                yield Button("Close  esc", id="consent-close", compact=True)

    def on_mount(self) -> None:
        self.query_one(SheetView).show(self._sheet)
        self.query_one("#consent-name" if self._named else "#consent-agree").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "consent-agree":
            self.action_agree()
        else:
            self.action_cancel()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_agree()

    def action_cancel(self) -> None:
        self.dismiss(False)

    def action_agree(self) -> None:
        fault = next((name.fault() for name in self.query(TenantName)), None)
        if fault is not None:
            self.query_one("#consent-told", Static).update(painted(fault))
        else:
            self.dismiss(True)
