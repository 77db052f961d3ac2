"""Observe, then decide."""

from dataclasses import dataclass

from portal.core.facets import Present, TenantKey
from portal.core.plan import Operation, Plan, StepKind
from portal.engine.rotate.decide import decide
from portal.engine.rotate.observe import Seen, observe
from portal.engine.saga.agreement import refuse_more
from portal.engine.saga.unfinished import unfinished
from portal.engine.world import Ports


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and the facts it was made from."""

    plan: Plan
    seen: Seen


async def prepare(ports: Ports, tenant: TenantKey, key: str, *, overlap: bool = True) -> Prepared:
    """Plan and facts; reads only."""
    seen = await observe(ports, tenant, key)
    finished = await _finished(ports, seen)
    return Prepared(decide(seen, overlap=overlap, finished=finished), seen)


async def plan_rotation(ports: Ports, tenant: TenantKey, key: str, *, overlap: bool = True) -> Plan:
    """What rotating a credential would do, or what is left of a rotation that was begun. `overlap` keeps an
    old JWT key accepted until its tokens have expired. Reads only.

    Raises UsageError for what cannot be rotated, RefusedError for a tenant that is not the portal's.
    """
    return (await prepare(ports, tenant, key, overlap=overlap)).plan


async def renewed_rotation(ports: Ports, shown: Plan) -> Plan:
    """A saved plan looked at again; raises RefusedError where it would do more than was shown."""
    fresh = await plan_rotation(ports, shown.tenant, shown.subject, overlap=has_overlap(shown))
    refuse_more(shown, fresh)
    return fresh


def has_overlap(plan: Plan) -> bool:
    """Whether the plan waits for caches and tokens; one that never could has nothing to lose by it."""
    return not any(step.kind is StepKind.KEY_PAIR for step in plan.steps) or any(
        step.kind is StepKind.OVERLAP for step in plan.steps
    )


async def _finished(ports: Ports, seen: Seen) -> bool:
    """Whether a rotation this machine began, and does not know the end of, is closed: repeating the command
    that was cut off then begins no new one.
    """
    record = seen.record.value if isinstance(seen.record, Present) else None
    if record is None or record.is_open:
        return False
    opening = str(StepKind.RECORD)
    return any(
        (work.operation, work.subject) == (Operation.ROTATE, seen.subject.name)
        and (opening in work.done or opening not in work.planned)
        for work in unfinished(await ports.journal.entries(seen.tenant))
    )
