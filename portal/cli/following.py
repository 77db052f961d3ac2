"""What a command that carries out one plan says while it does, and at its end."""

from collections.abc import Sequence

from portal.cli.call import Call
from portal.core.events import Progress, Stage
from portal.core.plan import Plan
from portal.ports import Report


def progress_of(call: Call) -> Report:
    """Steps as they go; what stays as it is was told by the plan, where that was shown."""

    def report(event: Progress) -> None:
        if not (call.wants_table and event.stage is Stage.UNCHANGED):
            call.talk.progress(event)

    return report


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
