"""Work that this machine's journal has begun and not finished: what is done, in doubt, and next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.plan import Operation, Plan
from portal.core.spec import ServiceSpec, from_mapping, to_document
from portal.engine.saga.recall import DONE, FAILED, FINISHED, INTENT, PLAN, operation_of
from portal.engine.world import Ports
from portal.errors import PortalError, RefusedError, SpecError
from portal.ports import Journal, JournalEntry


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`next` is the id of the step to go on with; `doubtful` those begun without a known end, `failed` says
    how the last failure is called; `spec` is what was being applied, None in a journal that does not tell.
    """

    tenant: TenantKey
    since: str
    last: str
    done: tuple[str, ...]
    next: str
    doubtful: tuple[str, ...] = ()
    failed: str = ""
    spec: ServiceSpec | None = None
    operation: Operation = Operation.ONBOARD
    subject: str = ""
    planned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """Unfinished work on a tenant, or why its journal cannot tell; `running` while a process works on it."""

    tenant: TenantKey
    work: Unfinished | None = None
    error: PortalError | None = None
    running: bool = False


def planned(plan: Plan, digest: str) -> Mapping[str, str | int]:
    """What the journal keeps of a plan, so that it can be gone on with where its file is not at hand."""
    return {
        "digest": digest,
        "steps": len(plan.changes),
        "planned": " ".join(step.id for step in plan.changes),
        "spec": json.dumps(to_document(plan.spec), separators=(",", ":")),
        **ended(plan),
    }


def ended(plan: Plan) -> Mapping[str, str | int]:
    """What the end of a plan says of it."""
    return {"operation": str(plan.operation), "subject": plan.subject}


def unfinished(entries: Sequence[JournalEntry]) -> tuple[Unfinished, ...]:
    """Of each operation the last plan that was begun, unless it came to its end; the end of an offboarding is
    the end of everything before it. `entries` are oldest first.
    """
    open_plans: dict[tuple[str, str], int] = {}
    for at, entry in enumerate(entries):
        if entry.kind == PLAN:
            open_plans[operation_of(entry)] = at
        elif entry.kind == FINISHED and operation_of(entry)[0] == Operation.OFFBOARD:
            open_plans.clear()
        elif entry.kind == FINISHED:
            open_plans.pop(operation_of(entry), None)
    return tuple(_unfinished(entries, at) for at in open_plans.values())


def _unfinished(entries: Sequence[JournalEntry], begun: int) -> Unfinished:
    plan = entries[begun]
    later = [entry for entry in entries[begun + 1 :] if entry.run == plan.run]
    outcome: dict[str, JournalEntry] = {}
    for entry in later:
        if entry.step and entry.kind in {INTENT, DONE, FAILED}:
            outcome[entry.step] = entry
    done = tuple(step for step, entry in outcome.items() if entry.kind == DONE)
    steps = str(plan.data.get("planned", "")).split()
    failure = next((entry for entry in reversed(later) if entry.kind == FAILED), None)
    operation, subject = operation_of(plan)
    return Unfinished(
        tenant=plan.tenant,
        since=plan.at,
        last=(later or [plan])[-1].at,
        done=done,
        next=next((step for step in steps if step not in done), ""),
        doubtful=tuple(s for s, entry in outcome.items() if entry.kind == INTENT and s in steps),
        failed=_failure(failure) if failure else "",
        spec=_spec(str(plan.data.get("spec", ""))),
        operation=Operation(operation),
        subject=subject,
        planned=tuple(steps),
    )


async def outlooks(journal: Journal) -> tuple[Outlook, ...]:
    """Every piece of unfinished work the journals tell of, and every journal that cannot be read."""
    found = [outlook for tenant in await journal.tenants() for outlook in await _outlooks(journal, tenant)]
    return tuple(found)


async def begun_spec(journal: Journal, tenant: TenantKey) -> ServiceSpec:
    """What was being applied to a tenant; raises RefusedError where nothing is unfinished."""
    works = unfinished(await journal.entries(tenant))
    onboarding = next((work for work in works if work.operation is Operation.ONBOARD), None)
    if onboarding is None or onboarding.spec is None:
        other = f"; it has an unfinished {works[0].operation}" if works and onboarding is None else ""
        hint = f"Apply its service file: portal apply -f service.yaml -e {tenant.environment}"
        raise RefusedError(
            f"the journal of this machine has no unfinished onboarding of {tenant}{other}",
            operation="resume",
            target=str(tenant),
            hint="See: portal journal" if other else hint,
        )
    return onboarding.spec


async def settle(ports: Ports, plan: Plan) -> None:
    """Note the end of work that needs no step any more, because it was finished from elsewhere."""
    works = unfinished(await ports.journal.entries(plan.tenant))
    if any((work.operation, work.subject) == (plan.operation, plan.subject) for work in works):
        at = ports.clock.now().isoformat()
        data = {"steps": 0, **ended(plan)}
        await ports.journal.append(JournalEntry("", plan.tenant, FINISHED, "", at, data))


async def _outlooks(journal: Journal, tenant: TenantKey) -> list[Outlook]:
    try:
        works = unfinished(await journal.entries(tenant))
    except RefusedError as error:
        return [Outlook(tenant, error=error)]
    if not works:
        return []
    try:
        async with journal.exclusive(tenant):
            return [Outlook(tenant, work) for work in works]
    except RefusedError:
        return [Outlook(tenant, work, running=True) for work in works]


def _failure(entry: JournalEntry) -> str:
    words = (entry.data.get(key, "") for key in ("error", "system", "operation"))
    return f"{entry.step}: " + " ".join(str(word) for word in words if word)


def _spec(text: str) -> ServiceSpec | None:
    try:
        return from_mapping(json.loads(text), "journal")
    except (ValueError, SpecError):
        return None
