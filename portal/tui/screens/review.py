"""The review page: the plan as it would be printed, the values it needs, and the consent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from portal.core.plan import Plan
from portal.core.secrets import Secret
from portal.core.wording import plain
from portal.errors import PortalError
from portal.tui.desk import Desk
from portal.tui.intents import Intent
from portal.tui.present.pieces import Piece, Tone
from portal.tui.present.plan import READING, needs_name, plan_pieces, question
from portal.tui.widgets.lines import Lines
from portal.tui.widgets.paint import painted
from portal.tui.widgets.tenant_name import TenantName

LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Agreed:
    """A plan that was consented to, with the values it needs."""

    plan: Plan
    inputs: Mapping[str, Secret]


class ReviewScreen(ModalScreen[Agreed | None]):
    """Plans while it is open; ends with an agreement, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", id="review.cancel"),
        Binding("ctrl+s", "agree", "Do it", key_display="^s", priority=True, id="review.agree"),
    ]

    def __init__(self, desk: Desk, intent: Intent, *, read_only: bool) -> None:
        super().__init__()
        self._desk = desk
        self._intent = intent
        self._read_only = read_only
        self._plan: Plan | None = None

    def compose(self) -> ComposeResult:
        with Vertical(id="review"):
            with VerticalScroll(id="review-plan"):
                yield Lines(READING)
            yield Vertical(id="review-inputs")
            yield Static(id="review-told")
            with Horizontal(id="review-buttons"):
                yield Button("Do it  ^s", id="review-agree", variant="primary", compact=True, disabled=True)
                yield Button("Close  esc", id="review-close", compact=True)

    def on_mount(self) -> None:
        self.query_one("#review-plan").focus()
        self.run_worker(self._read(), name="plan", group="plan", exclusive=True, exit_on_error=False)

    async def _read(self) -> None:
        try:
            plan = await self._desk.plan(self._intent)
            protected = self._desk.protects(plan.tenant.environment)
        except PortalError as error:
            self.query_one(Lines).show((Piece(f"✖ {plain(str(error))}", Tone.BAD),))
            return
        self._plan = plan
        self.query_one(Lines).show(plan_pieces(plan))
        self._tell(question(plan, read_only=self._read_only))
        if self._read_only or not plan.applicable:
            return
        fields = [
            Input(id=f"v-{number}", password=True, placeholder=f"value of {key}", max_length=LONGEST)
            for number, key in enumerate(plan.inputs)
        ]
        if needs_name(plan, protected=protected):
            fields.append(TenantName(plan.tenant, id="name"))
        await self.query_one("#review-inputs").mount_all(fields)
        button = self.query_one("#review-agree", Button)
        button.disabled = False
        (fields[0] if fields else button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "review-agree":
            self.action_agree()
        else:
            self.action_cancel()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_agree(self) -> None:
        """End with the agreement, or say what is missing for it."""
        plan = self._plan
        if plan is None or self.query_one("#review-agree", Button).disabled:
            return
        inputs = {
            key: Secret(self.query_one(f"#v-{number}", Input).value) for number, key in enumerate(plan.inputs)
        }
        empty = [
            key for number, key in enumerate(plan.inputs) if not self.query_one(f"#v-{number}", Input).value
        ]
        if empty:
            self._tell(Piece(f"A value is missing: {', '.join(empty)}", Tone.BAD))
        elif (fault := next((name.fault() for name in self.query(TenantName)), None)) is not None:
            self._tell(fault)
        else:
            self.dismiss(Agreed(plan, inputs))

    def _tell(self, piece: Piece) -> None:
        self.query_one("#review-told", Static).update(painted(piece))
