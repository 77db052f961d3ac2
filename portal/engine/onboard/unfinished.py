"""Work that this machine's journal has begun and not finished: what is done, in doubt, and next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.plan import Plan, Step
from portal.core.spec import ServiceSpec, from_mapping, to_document
from portal.engine.onboard.recall import DONE, FAILED, FINISHED, INTENT, PLAN
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


@dataclass(frozen=True, slots=True)
class Outlook:
    """One tenant's unfinished work, or why its journal cannot tell; `running` while a process works on it."""

    tenant: TenantKey
    work: Unfinished | None = None
    error: PortalError | None = None
    running: bool = False


def planned(spec: ServiceSpec, digest: str, changes: Sequence[Step]) -> Mapping[str, str | int]:
    """What the journal keeps of a plan, so that it can be gone on with where its file is not at hand."""
    return {
        "digest": digest,
        "steps": len(changes),
        "planned": " ".join(step.id for step in changes),
        "spec": json.dumps(to_document(spec), separators=(",", ":")),
    }


def unfinished(entries: Sequence[JournalEntry]) -> Unfinished | None:
    """The last plan that was begun, unless it came to its end. `entries` are oldest first."""
    begun = max((at for at, entry in enumerate(entries) if entry.kind == PLAN), default=None)
    if begun is None or any(entry.kind == FINISHED for entry in entries[begun:]):
        return None
    plan, later = entries[begun], entries[begun + 1 :]
    outcome: dict[str, JournalEntry] = {}
    for entry in later:
        if entry.step and entry.kind in {INTENT, DONE, FAILED}:
            outcome[entry.step] = entry
    done = tuple(step for step, entry in outcome.items() if entry.kind == DONE)
    steps = str(plan.data.get("planned", "")).split()
    failure = next((entry for entry in reversed(later) if entry.kind == FAILED), None)
    return Unfinished(
        tenant=plan.tenant,
        since=plan.at,
        last=(later or [plan])[-1].at,
        done=done,
        next=next((step for step in steps if step not in done), ""),
        doubtful=tuple(s for s, entry in outcome.items() if entry.kind == INTENT and s in steps),
        failed=_failure(failure) if failure else "",
        spec=_spec(str(plan.data.get("spec", ""))),
    )


async def outlooks(journal: Journal) -> tuple[Outlook, ...]:
    """Every tenant whose journal tells of unfinished work, or cannot be read."""
    found = [await _outlook(journal, tenant) for tenant in await journal.tenants()]
    return tuple(each for each in found if each.work or each.error)


async def begun_spec(journal: Journal, tenant: TenantKey) -> ServiceSpec:
    """What was being applied to a tenant; raises RefusedError where nothing is unfinished."""
    work = unfinished(await journal.entries(tenant))
    if work is None or work.spec is None:
        raise RefusedError(
            f"the journal of this machine has no unfinished work on {tenant}",
            operation="resume",
            target=str(tenant),
            hint="Apply its service file: portal apply -f service.yaml -e " + tenant.environment,
        )
    return work.spec


async def settle(journal: Journal, plan: Plan, entry: JournalEntry) -> None:
    """Note the end of work that needs no step any more, because it was finished from elsewhere."""
    if unfinished(await journal.entries(plan.tenant)) is not None:
        await journal.append(entry)


async def _outlook(journal: Journal, tenant: TenantKey) -> Outlook:
    try:
        work = unfinished(await journal.entries(tenant))
    except RefusedError as error:
        return Outlook(tenant, error=error)
    if work is None:
        return Outlook(tenant)
    try:
        async with journal.exclusive(tenant):
            return Outlook(tenant, work)
    except RefusedError:
        return Outlook(tenant, work, running=True)


def _failure(entry: JournalEntry) -> str:
    words = (entry.data.get(key, "") for key in ("error", "system", "operation"))
    return f"{entry.step}: " + " ".join(str(word) for word in words if word)


def _spec(text: str) -> ServiceSpec | None:
    try:
        return from_mapping(json.loads(text), "journal")
    except (ValueError, SpecError):
        return None
