"""What a command that carries out one plan says while it does, and at its end."""

from collections.abc import Mapping, Sequence

from portal.cli.call import Call
from portal.cli.inputs import collect, sources
from portal.core.events import Progress, Stage
from portal.core.plan import Plan, Step
from portal.core.secrets import Secret
from portal.engine.borrowing import borrowed
from portal.engine.world import Ports
from portal.ports import Report

_OUTCOMES = {
    Stage.STARTED: "in doubt",
    Stage.DONE: "done",
    Stage.UNCHANGED: "unchanged",
    Stage.FAILED: "failed",
    Stage.SKIPPED: "not begun",
}


def progress_of(call: Call) -> Report:
    """Steps as they go; what stays as it is was told by the plan, where that was shown."""

    def report(event: Progress) -> None:
        if not (call.wants_table and event.stage is Stage.UNCHANGED):
            call.talk.progress(event)

    return report


class Steps:
    """The last word on each step of several plans, told as it goes."""

    def __init__(self, call: Call) -> None:
        self._tell = progress_of(call)
        self._last: dict[tuple[str, str], Progress] = {}

    def __call__(self, event: Progress) -> None:
        """Waiting is no word on how a step ends."""
        if event.stage is not Stage.WAITING:
            self._last[event.scope, event.step] = event
        self._tell(event)

    def document(self, plan: Plan) -> list[dict[str, object]]:
        """Each step of a plan with its outcome: done, unchanged, failed, in doubt or not begun."""
        return [self._step(plan, step) for step in plan.steps]

    def _step(self, plan: Plan, step: Step) -> dict[str, object]:
        last = self._last.get((str(plan.tenant), step.id))
        outcome = _OUTCOMES[last.stage] if last else "not begun"
        seconds = last.seconds if last else None
        return {
            "id": step.id,
            "symbol": str(step.symbol),
            "target": step.target,
            "outcome": outcome,
            "seconds": None if seconds is None else round(seconds, 1),
            "detail": last.detail if last and last.stage is Stage.FAILED else "",
        }


async def values_for(call: Call, world: Ports, plans: Sequence[Plan]) -> Mapping[str, Secret]:
    """What the plans that may be carried out need to be told, from wherever it is given."""
    changing = [plan for plan in plans if plan.changes and plan.applicable]
    needed = sorted({key for plan in changing for key in plan.inputs})
    wanted = {key: name for key, name in sources(call).items() if key in needed}
    given = await borrowed(world, wanted, {plan.tenant.environment for plan in changing})
    return await collect(call, needed, given)


def conclude(call: Call, plan: Plan, changed: Sequence[str], seconds: float) -> None:
    """How much was done, in words or as data."""
    done = f"{len(changed)} steps done" if changed else "nothing to do"
    call.talk.note(f"{plan.title}: {done} after {seconds:.1f} s")
    if not call.wants_table:
        call.out.document(
            {
                "tenant": str(plan.tenant),
                "operation": str(plan.operation),
                "subject": plan.subject,
                "changed": list(changed),
                "seconds": round(seconds, 1),
            }
        )
