"""The form of the onboarding: a line a question, judged while it is typed."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantFocus
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from portal.core.spec import QUESTIONS, Question
from portal.errors import PortalError
from portal.tui.intents import Onboard
from portal.tui.present.form import ENVIRONMENT, Answered, answered, asked
from portal.tui.widgets.laid import Laid
from portal.tui.widgets.lines import Clipped

LONGEST, AT_ONCE = 400, 4


class FormScreen(ModalScreen[Onboard | None]):
    """Ends with what is to be planned, or with None. Whatever was typed is kept for the next time."""

    # The first question is focused as soon as it stands there.
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", id="form.cancel"),
        Binding(
            "ctrl+enter,ctrl+s", "plan", "Show the plan", key_display="^s", priority=True, id="form.plan"
        ),
    ]

    def __init__(self, environments: Sequence[str], typed: dict[str, str]) -> None:
        super().__init__()
        self._environments = environments
        self._typed = typed

    def compose(self) -> ComposeResult:
        with Vertical(id="form"):
            yield Static("Onboard a service: one plan, shown before anything is done", id="form-title")
            with VerticalScroll(id="form-questions", can_focus=False), Horizontal():
                yield Laid(id="form-asked")
                yield Vertical(id="form-answers")
            yield Static(id="form-help", markup=False)
            yield Static(id="form-told", markup=False)
            with Horizontal(id="form-buttons"):
                yield Button("Show the plan  ^s", id="form-plan", variant="primary", compact=True)
                yield Button("Close  esc", id="form-close", compact=True)

    def on_mount(self) -> None:
        self._judge()
        self.run_worker(self._ask(), name="questions", exit_on_error=False)

    async def _ask(self) -> None:
        """A few at a time: a field is dear to make, and keys are answered in between."""
        answers = self.query_one("#form-answers", Vertical)
        for batch in batched((*QUESTIONS, ENVIRONMENT), AT_ONCE):
            await answers.mount_all(self._field(question) for question in batch)
            if self.focused is None:
                self.query(Input).first().focus()
        self._judge()

    def _field(self, question: Question) -> Input:
        typed = self._typed.get(question.key, "")
        return Input(typed, id=f"q-{question.key}", max_length=LONGEST)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._judge()

    @on(DescendantFocus)
    def _entered(self, event: DescendantFocus) -> None:
        """The question that is answered now stands in full below, however narrow the terminal is."""
        key = (event.widget.id or "").removeprefix("q-")
        found = answered(self._typed, self._environments)
        self.query_one("#form-help", Static).update(found.help(key) if key in found.asked else "")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.focus_next(Input)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "form-plan":
            self.action_plan()
        else:
            self.action_cancel()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_plan(self) -> None:
        """On to the plan, or to the first answer that is missing or wrong."""
        found = self._judge()
        if found.first_fault:
            self.query(f"#q-{found.first_fault}").focus()
            self._tell(f"{found.asked[found.first_fault].text}: {found.faults[found.first_fault]}")
            return
        try:
            self.dismiss(asked(found))
        except PortalError as error:
            self._tell(error.cause)

    def _judge(self) -> Answered:
        for box in self.query(Input):
            self._typed[(box.id or "").removeprefix("q-")] = box.value
        found = answered(self._typed, self._environments)
        for key, fault in found.faults.items():
            typed = bool(self._typed.get(key, ""))
            for box in self.query(f"#q-{key}").results(Input):
                box.set_class(bool(fault) and typed, "wrong")
                box.placeholder = found.suggestion(key)
        self.query_one("#form-asked", Laid).put(Clipped(found.questions(self._typed)))
        self._tell(found.told(self._typed))
        return found

    def _tell(self, text: str) -> None:
        self.query_one("#form-told", Static).update(text)


def batched(questions: Sequence[Question], size: int) -> Iterator[Sequence[Question]]:
    """The questions in pieces of at most that many."""
    for begin in range(0, len(questions), size):
        yield questions[begin : begin + size]
