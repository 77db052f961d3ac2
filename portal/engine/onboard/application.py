"""Apply a plan: under a lease, step by step, each journaled before and after, resumable at any point."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from portal.core.chain import HopState, Verdict
from portal.core.events import Progress, Stage
from portal.core.names import lock_name
from portal.core.plan import Plan, Step, StepKind
from portal.core.required import DATABASE_KEYS
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.audited import Deed, audited
from portal.engine.lease import Lease
from portal.engine.onboard.acts_argo import refresh_application
from portal.engine.onboard.acts_git import commit_manifests
from portal.engine.onboard.acts_neon import create_compute, create_database, create_role, enable_auth
from portal.engine.onboard.acts_parameters import create_bucket, create_key_pair, create_parameter
from portal.engine.onboard.agreement import refuse_blocked, refuse_missing_inputs, refuse_stale
from portal.engine.onboard.decide_parameters import parameter_id
from portal.engine.onboard.planning import Prepared, prepare
from portal.engine.onboard.recall import DONE, FAILED, FINISHED, INTENT, PLAN, recall
from portal.engine.onboard.run import Run
from portal.engine.onboard.unfinished import planned, settle
from portal.engine.onboard.watch import watch
from portal.engine.world import Ports
from portal.errors import InterruptedRun, PortalError, RemoteError
from portal.ports import JournalEntry, Report

T = TypeVar("T")
Act = Callable[[Run], Awaitable[Mapping[str, str | int]]]
LEASE = "lease"
_RUN_NAME = 16
_AT_ONCE = 4

_ACTS: Mapping[StepKind, Act] = {
    StepKind.COMPUTE: create_compute,
    StepKind.ROLE: create_role,
    StepKind.DATABASE: create_database,
    StepKind.AUTH: enable_auth,
    StepKind.KEY_PAIR: create_key_pair,
    StepKind.BUCKET: create_bucket,
    StepKind.COMMIT: commit_manifests,
    StepKind.REFRESH: refresh_application,
}


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """`changed` are the ids of the steps that were carried out; `verdict` is the chain afterwards."""

    plan: Plan
    changed: tuple[str, ...]
    verdict: Verdict
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether every hop is healthy."""
        return self.verdict.state is HopState.HEALTHY


async def apply(
    ports: Ports, spec: ServiceSpec, plan: Plan, inputs: Mapping[str, Secret], report: Report
) -> ApplyResult:
    """Do what the plan says, then follow the chain until it is healthy or patience ends.

    Raises UsageError for missing values before anything is contacted, RefusedError for a plan that is
    blocked or no longer true, InterruptedRun when cancelled (after the step under way), and the error of
    the step that failed; apply again to go on from there.
    """
    begun = ports.clock.monotonic()
    refuse_blocked(ports, spec, plan)
    refuse_missing_inputs(plan, inputs)
    changed: tuple[str, ...] = ()
    if plan.changes:
        name = ports.keys.token()[:_RUN_NAME]
        whole = Deed("apply", str(plan.tenant), str(plan.tenant), name, f"plan {plan.digest[:12]}")
        async with ports.journal.exclusive(plan.tenant), audited(ports, whole):
            changed = await _under_lease(ports, plan, inputs, report, name)
    else:
        prepared = await prepare(ports, spec, plan.tenant.environment)
        refuse_stale(plan, prepared)
        _report_kept(prepared.plan, report)
        at = ports.clock.now().isoformat()
        await settle(ports.journal, plan, JournalEntry("", plan.tenant, FINISHED, "", at, {"steps": 0}))
    verdict = await watch(ports, plan.tenant, report)
    return ApplyResult(plan, changed, verdict, ports.clock.monotonic() - begun)


async def _under_lease(
    ports: Ports, plan: Plan, inputs: Mapping[str, Secret], report: Report, name: str
) -> tuple[str, ...]:
    earlier = recall(await ports.journal.entries(plan.tenant)).runs
    path = lock_name(ports.settings.platform.parameter_prefix, plan.tenant.environment, plan.tenant.service)
    lease = Lease(ports, path, name)
    # The journal names the run before its lease can stand, so that a crash leaves a lease known as ours.
    at = ports.clock.now().isoformat()
    await ports.journal.append(JournalEntry(name, plan.tenant, INTENT, LEASE, at, {"parameter_name": path}))
    try:
        await _to_the_end(lease.acquire(earlier))
        prepared = await prepare(ports, plan.spec, plan.tenant.environment)
        refuse_stale(plan, prepared)
        refuse_missing_inputs(prepared.plan, inputs)
        run = Run(ports, prepared.seen, inputs, report, name=name, digest=plan.digest, lease=lease)
        changed = await _steps(run, plan, prepared, report)
    finally:
        await _release(lease, plan, report)
    return changed


async def _steps(run: Run, plan: Plan, prepared: Prepared, report: Report) -> tuple[str, ...]:
    steps = prepared.plan.steps
    await run.record(PLAN, "", planned(plan.spec, plan.digest, prepared.plan.changes))
    for batch in batches(steps):
        for step in batch:
            if not step.changes:
                report(Progress(str(plan.tenant), step.id, Stage.UNCHANGED, f"{step.target}: {step.reason}"))
        await _to_the_end(_all(_carry_out(run, step, report) for step in batch if step.changes))
    changed = tuple(step.id for step in prepared.plan.changes)
    await run.record(FINISHED, "", {"steps": len(changed)})
    return changed


def batches(steps: Sequence[Step]) -> Iterator[tuple[Step, ...]]:
    """Steps in order; neighbours that rest on nothing of each other come together, a few at a time, after
    those of them that change nothing.
    """
    for independent, group in groupby(steps, key=_independent):
        there = [step for step in group if step.kind is not StepKind.VERIFY]
        kept, size = [step for step in there if not step.changes], _AT_ONCE if independent else 1
        if kept:
            yield tuple(kept)
        changes = [step for step in there if step.changes]
        yield from (tuple(changes[at : at + size]) for at in range(0, len(changes), size))


def _independent(step: Step) -> bool:
    """Whether the step writes names of its own and reads only what was made before. The connection strings
    share the one password of their role, so they come one after the other.
    """
    if step.kind is StepKind.PARAMETER:
        return step.id not in {parameter_id(key) for key in DATABASE_KEYS}
    return step.kind in {StepKind.KEY_PAIR, StepKind.BUCKET}


async def _all(works: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Let all of them end, then raise the first failure: no call is cut off because another one failed."""
    outcomes = await asyncio.gather(*works, return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome


async def _carry_out(run: Run, step: Step, report: Report) -> None:
    """Intent, act, outcome; the outcome names ids and versions, a failure only its sort and its call."""
    tenant, clock = str(run.spec.tenant), run.ports.clock
    begun = clock.monotonic()
    run.begin(step.id)
    report(Progress(tenant, step.id, Stage.STARTED, step.target))
    await run.record(INTENT, step.id, {"target": step.target})
    run.intended.add(step.id)
    try:
        async with audited(run.ports, Deed(str(step.kind), step.target, tenant, run.name)) as deed:
            data = await _act(run, step)
            deed.version = int(data.get("version", 0))
    except PortalError as exc:
        report(Progress(tenant, step.id, Stage.FAILED, str(exc), clock.monotonic() - begun))
        await run.record(
            FAILED, step.id, {"error": type(exc).__name__, "system": exc.system, "operation": exc.operation}
        )
        raise
    await run.record(DONE, step.id, data)
    report(Progress(tenant, step.id, Stage.DONE, step.target, clock.monotonic() - begun))


async def _act(run: Run, step: Step) -> Mapping[str, str | int]:
    if step.kind is StepKind.PARAMETER:
        return await create_parameter(run, step.id.partition(":")[2])
    return await _ACTS[step.kind](run)


async def _release(lease: Lease, plan: Plan, report: Report) -> None:
    """A lease that cannot be freed now frees itself by expiring."""
    try:
        await _to_the_end(lease.release())
    except RemoteError as exc:
        report(Progress(str(plan.tenant), LEASE, Stage.WAITING, f"not freed, it expires by itself: {exc}"))


async def _to_the_end(work: Coroutine[Any, Any, T]) -> T:
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
            "stopped after the step under way; what was done is journaled", hint="Apply again to go on."
        ) from exc


def _report_kept(plan: Plan, report: Report) -> None:
    for step in plan.steps:
        if step.kind is not StepKind.VERIFY:
            report(Progress(str(plan.tenant), step.id, Stage.UNCHANGED, f"{step.target}: {step.reason}"))
