"""A plan as lines for people; the symbol says what happens, so colour is never the only sign."""

import textwrap

from portal.core.plan.model import Plan, Step, Symbol

_WIDTH = 80
# Targets are aligned up to this width; what is said of a longer one stands below it.
_WIDEST_TARGET = 32
_LATER = " (known after apply)"
_UNBROKEN = "\N{NO-BREAK SPACE}"


def plan_lines(plan: Plan) -> tuple[str, ...]:
    """Tenant, steps, notes, summary; no line is wider than 80 columns unless a word of it is."""
    kind_width = max((len(step.kind) for step in plan.steps), default=0)
    targets = [len(step.target) for step in plan.steps]
    target_width = max((length for length in targets if length <= _WIDEST_TARGET), default=0)
    notes = (
        *(f"warning: {text}" for text in plan.warnings),
        *(f"unknown: {text}" for text in plan.unknowns),
        *(f"refused: {text}" for text in plan.refusals),
        *((f"values needed: {', '.join(plan.inputs)}",) if plan.inputs else ()),
    )
    return (
        plan.title,
        *(line for step in plan.steps for line in _step(step, kind_width, target_width)),
        *(line for note in notes for line in _wrapped(note, "  ", "    ")),
        summary(plan),
    )


def summary(plan: Plan) -> str:
    """One line: how much would be done, and the digest a saved plan is held to."""
    counts = {symbol: sum(step.symbol is symbol for step in plan.steps) for symbol in Symbol}
    parts = [
        f"{counts[Symbol.CREATE]} to create",
        f"{counts[Symbol.CHANGE]} to change",
        f"{counts[Symbol.REMOVE]} to remove",
        f"{counts[Symbol.KEEP]} unchanged",
    ]
    if plan.unknowns:
        parts.append(f"{len(plan.unknowns)} unknown")
    if plan.refusals:
        parts.append(f"{len(plan.refusals)} refused")
    return f"Plan: {', '.join(parts)}. Digest {plan.digest[:12]}"


def _step(step: Step, kind_width: int, target_width: int) -> list[str]:
    """The target, and beside it, or below it where that is too wide, why and what is known later."""
    notes = [step.reason, step.detail, *(f"{name}{_LATER}" for name in step.known_after)]
    said = "; ".join(filter(None, notes))
    head = f"  {step.symbol} {step.kind:<{kind_width}}  "
    beside = f"{head}{step.target:<{target_width}}  {said}".rstrip()
    if not said or len(beside) <= _WIDTH:
        return [beside]
    margin = " " * (len(head) + 2)
    return [f"{head}{step.target}", *_wrapped(said, margin, margin)]


def _wrapped(text: str, first: str, further: str) -> list[str]:
    """What is known later stays on one line with its name's last word."""
    unbroken = textwrap.wrap(
        text.replace(_LATER, _LATER.replace(" ", _UNBROKEN)),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_UNBROKEN, " ") for line in unbroken]
