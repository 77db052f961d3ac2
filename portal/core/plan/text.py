"""A plan as lines for people; the symbol says what happens, so colour is never the only sign."""

from portal.core.plan.model import Plan, Step, Symbol

# Targets are aligned up to this width; a longer one pushes its own line only.
_WIDEST = 64


def plan_lines(plan: Plan) -> tuple[str, ...]:
    """Tenant, steps, notes, summary."""
    kind_width = max((len(step.kind) for step in plan.steps), default=0)
    target_width = min(_WIDEST, max((len(step.target) for step in plan.steps), default=0))
    return (
        plan.title,
        *(_line(step, kind_width, target_width) for step in plan.steps),
        *(f"  warning: {text}" for text in plan.warnings),
        *(f"  unknown: {text}" for text in plan.unknowns),
        *(f"  refused: {text}" for text in plan.refusals),
        *((f"  values needed: {', '.join(plan.inputs)}",) if plan.inputs else ()),
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


def _line(step: Step, kind_width: int, target_width: int) -> str:
    notes = [step.reason]
    if step.detail:
        notes.append(step.detail)
    notes += [f"{name} (known after apply)" for name in step.known_after]
    head = f"  {step.symbol} {step.kind:<{kind_width}}  {step.target:<{target_width}}"
    return f"{head}  {'; '.join(notes)}".rstrip()
