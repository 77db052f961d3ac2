"""The answers of the onboarding form: what each comes to, and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.spec import QUESTIONS, Question, described
from portal.tui.intents import Onboard
from portal.tui.present.pieces import Piece, Tone

ENVIRONMENT = Question("into", "Environment to onboard into now", lambda _: "", lambda _: None, "dev")


@dataclass(frozen=True, slots=True)
class Answered:
    """By question: the answer in force, typed or its default, and what is wrong with it, "" where nothing."""

    answers: Mapping[str, str]
    faults: Mapping[str, str]

    @property
    def asked(self) -> Mapping[str, Question]:
        """Every question by its key."""
        return {question.key: question for question in (*QUESTIONS, ENVIRONMENT)}

    @property
    def first_fault(self) -> str:
        """The first question that is not answered well, empty where all are."""
        return next((key for key, fault in self.faults.items() if fault), "")

    def suggestion(self, key: str) -> str:
        """What stands in an empty field: the answer that holds then, or an example."""
        example = self.asked[key].example
        return self.answers[key] or (f"such as {example}" if example else "")

    def questions(self, typed: Mapping[str, str]) -> tuple[Piece, ...]:
        """One line a question; what is typed and wrong carries a sign."""
        return tuple(
            Piece(f"✖ {question.text}", Tone.BAD)
            if self.faults[key] and typed.get(key)
            else Piece(f"  {question.text}")
            for key, question in self.asked.items()
        )

    def told(self, typed: Mapping[str, str]) -> str:
        """How much is left, and what is wrong with the first answer that was typed."""
        left = sum(bool(fault) for fault in self.faults.values())
        if not left:
            return "Everything is answered."
        wrong = next((key for key, fault in self.faults.items() if fault and typed.get(key)), "")
        why = f". {self.asked[wrong].text}: {self.faults[wrong]}" if wrong else ""
        return f"{left} answer{'s are' if left > 1 else ' is'} missing or wrong{why}"

    def help(self, key: str) -> str:
        """The question in full, and what it may look like."""
        question = self.asked[key]
        return f"{question.text}, such as {question.example}" if question.example else question.text


def answered(typed: Mapping[str, str], environments: Sequence[str]) -> Answered:
    """Defaults may follow from earlier answers."""
    answers: dict[str, str] = {}
    faults: dict[str, str] = {}
    for question in QUESTIONS:
        given = typed.get(question.key, "").strip()
        default = question.default(answers) or ""
        answers[question.key] = given or default
        faults[question.key] = question.fault(answers[question.key]) if answers[question.key] else "is needed"
    wanted = typed.get(ENVIRONMENT.key, "").strip() or (environments[0] if environments else "")
    answers[ENVIRONMENT.key] = wanted
    known = wanted in environments
    faults[ENVIRONMENT.key] = "" if known else f"one of {', '.join(environments) or 'none; name one'}"
    return Answered(answers, faults)


def asked(found: Answered) -> Onboard:
    """What complete answers ask for; raises SpecError where they do not fit together."""
    return Onboard(described(found.answers), found.answers[ENVIRONMENT.key])
