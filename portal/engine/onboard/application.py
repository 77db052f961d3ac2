"""Apply a plan: under a lease, step by step, then follow the chain until it is healthy."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from portal.core.chain import HopState, Verdict
from portal.core.plan import Plan, Step, StepKind
from portal.core.required import DATABASE_KEYS
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.engine.onboard.acts_git import commit_manifests
from portal.engine.onboard.acts_login import close_login, create_login
from portal.engine.onboard.acts_neon import create_compute, create_database, create_role, enable_auth
from portal.engine.onboard.acts_parameters import create_bucket, create_key_pair, create_parameter
from portal.engine.onboard.decide_login import LOGIN
from portal.engine.onboard.decide_parameters import parameter_id
from portal.engine.onboard.planning import prepare
from portal.engine.onboard.run import Run
from portal.engine.saga.agreement import (
    refuse_another_spec,
    refuse_blocked,
    refuse_missing_inputs,
    refuse_stale,
)
from portal.engine.saga.argo import refresh_application
from portal.engine.saga.carrying import Data, carry_out, leased, report_kept
from portal.engine.saga.unfinished import settle
from portal.engine.saga.watch import watch
from portal.engine.world import Ports
from portal.ports import Report

Act = Callable[[Run], Awaitable[Data]]
_AT_ONCE = 4

_ACTS: Mapping[StepKind, Act] = {
    StepKind.COMPUTE: create_compute,
    StepKind.ROLE: create_role,
    StepKind.DATABASE: create_database,
    StepKind.AUTH: enable_auth,
    StepKind.KEY_PAIR: create_key_pair,
    StepKind.BUCKET: create_bucket,
    StepKind.CLOSE: close_login,
    StepKind.COMMIT: commit_manifests,
    StepKind.REFRESH: lambda run: refresh_application(run, run.spec.service, run.spec.namespace),
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
    refuse_another_spec(spec, plan)
    refuse_blocked(ports, plan)
    refuse_missing_inputs(plan, inputs)
    changed: tuple[str, ...] = ()
    if plan.changes:
        changed = await _under_lease(ports, plan, inputs, report)
    else:
        prepared = await prepare(ports, spec, plan.tenant.environment)
        refuse_stale(plan, prepared.plan, prepared.seen.recollection)
        report_kept(prepared.plan, report)
        await settle(ports, plan)
    verdict = await watch(ports, plan.tenant, report)
    return ApplyResult(plan, changed, verdict, ports.clock.monotonic() - begun)


async def _under_lease(
    ports: Ports, plan: Plan, inputs: Mapping[str, Secret], report: Report
) -> tuple[str, ...]:
    async with leased(ports, plan, report) as lease:
        prepared = await prepare(ports, plan.spec, plan.tenant.environment)
        refuse_stale(plan, prepared.plan, prepared.seen.recollection)
        refuse_missing_inputs(prepared.plan, inputs)
        run = Run(ports, prepared.seen, inputs, report, digest=plan.digest, lease=lease)
        return await carry_out(run, prepared.plan, batches(prepared.plan.steps), lambda step: _act(run, step))


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


async def _act(run: Run, step: Step) -> Data:
    if step.kind is StepKind.PARAMETER:
        return await create_parameter(run, step.id.partition(":")[2])
    if step.id == f"{StepKind.ROLE}:{LOGIN}":
        return await create_login(run)
    return await _ACTS[step.kind](run)
