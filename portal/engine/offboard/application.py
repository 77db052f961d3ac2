"""Carry an offboarding out: under the tenant's lease, step by step, resumable at any point."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.plan import Plan, Step, StepKind
from portal.engine.offboard import acts, databases
from portal.engine.offboard.planning import prepare
from portal.engine.offboard.run import Run
from portal.engine.saga.agreement import refuse_blocked, refuse_stale
from portal.engine.saga.argo import refresh_removal
from portal.engine.saga.carrying import Data, carry_out, leased, report_kept
from portal.engine.saga.unfinished import settle
from portal.engine.world import Ports
from portal.ports import Report


@dataclass(frozen=True, slots=True)
class Offboarded:
    """`changed` are the ids of the steps that were carried out."""

    plan: Plan
    changed: tuple[str, ...]
    seconds: float


async def offboard(ports: Ports, plan: Plan, report: Report, *, keep_database: bool = False) -> Offboarded:
    """Do what the plan says. Raises RefusedError for a plan that is blocked or no longer true, InterruptedRun
    when cancelled, and the error of the step that failed; the same command goes on from there.
    """
    begun = ports.clock.monotonic()
    refuse_blocked(ports, plan)
    tenant: TenantKey = plan.tenant
    if not plan.changes:
        report_kept(plan, report)
        await settle(ports, plan)
        return Offboarded(plan, (), ports.clock.monotonic() - begun)
    async with leased(ports, plan, report) as lease:
        now = await prepare(ports, tenant, keep_database=keep_database)
        refuse_stale(plan, now.plan, now.seen.recollection)
        run = Run(ports, now.seen, report, digest=plan.digest, lease=lease, keep_database=keep_database)
        batches = [(step,) for step in now.plan.steps]
        changed = await carry_out(run, now.plan, batches, lambda step: _ACTS[step.kind](run, step))
    return Offboarded(plan, changed, ports.clock.monotonic() - begun)


async def _refresh(run: Run, _: Step) -> Data:
    return await refresh_removal(run)


_ACTS: Mapping[StepKind, Callable[[Run, Step], Awaitable[Data]]] = {
    StepKind.RECORD: acts.write_record,
    StepKind.COMMIT: acts.remove_from_git,
    StepKind.REFRESH: _refresh,
    StepKind.GONE: acts.await_gone,
    StepKind.ARCHIVE: acts.archive,
    StepKind.DATABASE: databases.drop_database,
    StepKind.ROLE: databases.drop_role,
    StepKind.CLOSE: acts.remove_record,
}
