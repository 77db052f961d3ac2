"""What must hold before a plan is applied: nothing blocks it, its values are given, and it is still true."""

from collections.abc import Mapping

from portal.core.plan import Plan, Step
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.saga.recall import Recollection
from portal.engine.world import Ports
from portal.errors import RefusedError, UsageError

# The advanced tier of Parameter Store holds values of up to 8 KB.
LONGEST_VALUE = 8192


def refuse_another_spec(spec: ServiceSpec, plan: Plan) -> None:
    """Raise for a plan of something else."""
    if plan.spec != spec:
        raise UsageError("the plan was made from another specification", hint="Plan again, then apply.")


def refuse_blocked(ports: Ports, plan: Plan) -> None:
    """Raise for a read-only profile, unknowns and refusals."""
    if ports.settings.read_only and plan.changes:
        raise RefusedError("the profile is read-only", hint="Repeat the command without --read-only.")
    if plan.refusals:
        raise RefusedError("; ".join(plan.refusals))
    if plan.unknowns:
        raise RefusedError(
            "the plan rests on facts no source could tell: " + "; ".join(plan.unknowns),
            hint="Nothing is created on a guess. Plan again once the source answers.",
        )


def refuse_missing_inputs(plan: Plan, inputs: Mapping[str, Secret]) -> None:
    """Raise UsageError naming every value that is missing, empty or too long."""
    missing = [key for key in plan.inputs if key not in inputs or _size(inputs[key]) == 0]
    if missing:
        raise UsageError(
            f"values are missing for {', '.join(missing)}",
            hint="Give each as KEY=value on standard input, or when asked.",
        )
    long = [key for key in plan.inputs if _size(inputs[key]) > LONGEST_VALUE]
    if long:
        raise UsageError(f"a parameter holds {LONGEST_VALUE} bytes; too long: {', '.join(long)}")


def refuse_stale(plan: Plan, fresh: Plan, recollection: Recollection) -> None:
    """Raise RefusedError when the world asks for something the plan did not show. A plan that was begun
    here may be resumed: then what is left of it is enough.
    """
    if fresh.digest == plan.digest:
        return
    if not fresh.applicable:
        raise RefusedError("; ".join((*fresh.refusals, *fresh.unknowns)), hint="Plan again.")
    if not fresh.changes:
        return
    if plan.digest not in recollection.begun:
        raise _moved(_more(plan, fresh) or fresh.changes)
    refuse_more(plan, fresh)


def refuse_more(plan: Plan, fresh: Plan) -> None:
    """Raise RefusedError when the newer plan asks for a change that the older one did not show."""
    more = _more(plan, fresh)
    if more:
        raise _moved(more)


def _more(plan: Plan, fresh: Plan) -> tuple[Step, ...]:
    approved = {_content(step) for step in plan.changes}
    return tuple(step for step in fresh.changes if _content(step) not in approved)


def _moved(steps: tuple[Step, ...]) -> RefusedError:
    lines = [f"{step.symbol} {step.kind} {step.target}" for step in steps]
    return RefusedError(
        f"the world changed since the plan was made; it now asks for: {'; '.join(lines)}",
        hint="Look at a new plan, then apply that.",
    )


def _content(step: Step) -> tuple[str, str, str]:
    return (step.id, str(step.symbol), step.fingerprint)


def _size(value: Secret) -> int:
    return len(value.reveal("check its size").encode())
