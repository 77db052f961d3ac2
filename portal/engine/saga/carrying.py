"""Carry a plan out: under a lease, step by step, each journaled before and after, resumable at any point."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.core.names import lock_name
from portal.core.plan import Operation, Plan, Step, StepKind
from portal.engine.audited import Deed, audited
from portal.engine.lease import Lease
from portal.engine.saga.recall import DONE, FAILED, FINISHED, INTENT, PLAN, recall
from portal.engine.saga.unfinished import ended, planned
from portal.engine.saga.work import Work
from portal.engine.world import Ports
from portal.errors import AwaitsReview, InterruptedRun, PortalError, RemoteError
from portal.ports import JournalEntry, Report

T = TypeVar("T")
Data = Mapping[str, str | int]
LEASE = "lease"
_RUN_NAME = 16


@asynccontextmanager
async def leased(ports: Ports, plan: Plan, report: Report) -> AsyncIterator[Lease]:
    """The tenant's lease, taken over at once from runs of this machine's journal that are dead; the plan as a
    whole is written down in the audit trail before.
    """
    name = ports.keys.token()[:_RUN_NAME]
    whole = Deed(_deed(plan), plan.title, str(plan.tenant), name, f"plan {plan.digest[:12]}")
    async with (
        ports.journal.exclusive(plan.tenant),
        audited(ports, whole),
        _lease(ports, plan.tenant, report, name) as lease,
    ):
        yield lease


@asynccontextmanager
async def working(ports: Ports, tenant: TenantKey, report: Report) -> AsyncIterator[Work]:
    """The right to change a tenant without a plan: alone on this machine and under the tenant's lease."""
    name = ports.keys.token()[:_RUN_NAME]
    async with ports.journal.exclusive(tenant), _lease(ports, tenant, report, name) as lease:
        yield Work(ports, tenant, lease, report, digest="")


@asynccontextmanager
async def _lease(ports: Ports, tenant: TenantKey, report: Report, name: str) -> AsyncIterator[Lease]:
    earlier = recall(await ports.journal.entries(tenant)).runs
    path = lock_name(ports.settings.platform.parameter_prefix, tenant.environment, tenant.service)
    lease = Lease(ports, path, name)
    # The journal names the run before its lease can stand, so that a crash leaves a lease known as ours.
    at = ports.clock.now().isoformat()
    await ports.journal.append(JournalEntry(name, tenant, INTENT, LEASE, at, {"parameter_name": path}))
    try:
        await to_the_end(lease.acquire(earlier))
        yield lease
    finally:
        await _release(lease, tenant, report)


async def carry_out(
    work: Work,
    plan: Plan,
    batches: Iterable[Sequence[Step]],
    act: Callable[[Step], Awaitable[Data]],
) -> tuple[str, ...]:
    """Every batch in turn; the ids of the steps that were carried out. `plan` is what is left to do now."""
    await work.record(PLAN, "", planned(plan, work.digest))
    for batch in batches:
        for step in batch:
            if not step.changes:
                _report_kept(plan, step, work.report)
        await to_the_end(_all(_carry(work, step, act) for step in batch if step.changes))
    changed = tuple(step.id for step in plan.changes)
    await work.record(FINISHED, "", {"steps": len(changed), **ended(plan)})
    return changed


def report_kept(plan: Plan, report: Report) -> None:
    """Say of every step of a plan without changes why it stays."""
    for step in plan.steps:
        if step.kind is not StepKind.VERIFY:
            _report_kept(plan, step, report)


def _report_kept(plan: Plan, step: Step, report: Report) -> None:
    report(Progress(str(plan.tenant), step.id, Stage.UNCHANGED, f"{step.target}: {step.reason}"))


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Let all of them end, then raise the first failure: no call is cut off because another one failed."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _carry(work: Work, step: Step, act: Callable[[Step], Awaitable[Data]]) -> None:
    """Intent, act, outcome; the outcome names ids and versions, a failure only its sort and its call."""
    tenant, clock = str(work.tenant), work.ports.clock
    begun = clock.monotonic()
    work.begin(step.id)
    work.report(Progress(tenant, step.id, Stage.STARTED, step.target))
    await work.record(INTENT, step.id, {"target": step.target})
    work.intended.add(step.id)
    try:
        async with audited(work.ports, Deed(str(step.kind), step.target, tenant, work.name)) as deed:
            data = await act(step)
            deed.version = int(data.get("version", 0))
    except PortalError as exc:
        stage = Stage.WAITING if isinstance(exc, AwaitsReview) else Stage.FAILED
        work.report(Progress(tenant, step.id, stage, str(exc), clock.monotonic() - begun))
        await work.record(
            FAILED, step.id, {"error": type(exc).__name__, "system": exc.system, "operation": exc.operation}
        )
        raise
    await work.record(DONE, step.id, data)
    work.report(Progress(tenant, step.id, Stage.DONE, step.target, clock.monotonic() - begun))


def _deed(plan: Plan) -> str:
    """How the audit trail calls what a plan does."""
    return "apply" if plan.operation is Operation.ONBOARD else str(plan.operation)


async def _release(lease: Lease, tenant: TenantKey, report: Report) -> None:
    """A lease that cannot be freed now frees itself by expiring."""
    try:
        await to_the_end(lease.release())
    except RemoteError as exc:
        report(Progress(str(tenant), LEASE, Stage.WAITING, f"not freed, it expires by itself: {exc}"))


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Let the work finish when cancelled once, then raise InterruptedRun; a second cancel ends it at once."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError as exc:
        if task.cancelled():
            raise
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            raise
        raise InterruptedRun(
            "stopped after the step under way; what was done is journaled",
            hint="The same command goes on from here.",
        ) from exc
