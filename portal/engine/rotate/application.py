"""Carry a rotation out: under the tenant's lease, step by step, resumable at any point."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from portal.core.plan import Plan, Step, StepKind
from portal.core.rotation import DATABASE, JWT, Rotation
from portal.core.secrets import Secret
from portal.engine.rotate import database, jwt
from portal.engine.rotate.cluster import roll_out, sync_secret
from portal.engine.rotate.planning import has_overlap, prepare
from portal.engine.rotate.run import Run
from portal.engine.saga.agreement import refuse_blocked, refuse_missing_inputs, refuse_stale
from portal.engine.saga.carrying import Data, carry_out, leased, report_kept
from portal.engine.saga.unfinished import settle
from portal.engine.world import Ports
from portal.errors import RefusedError
from portal.ports import Report

Act = Callable[[Run, Step], Awaitable[Data]]


@dataclass(frozen=True, slots=True)
class Rotated:
    """`changed` are the ids of the steps that were carried out."""

    plan: Plan
    changed: tuple[str, ...]
    seconds: float


async def rotate(ports: Ports, plan: Plan, inputs: Mapping[str, Secret], report: Report) -> Rotated:
    """Do what the plan says. Pods hold a credential that works at every moment of it.

    Raises UsageError for a missing value before anything is contacted, RefusedError for a plan that is
    blocked or no longer true, InterruptedRun when cancelled, and the error of the step that failed; the same
    command goes on from there.
    """
    begun = ports.clock.monotonic()
    refuse_blocked(ports, plan)
    refuse_missing_inputs(plan, inputs)
    changed: tuple[str, ...] = ()
    if plan.changes:
        async with leased(ports, plan, report) as lease:
            now = await prepare(ports, plan.tenant, plan.subject, overlap=has_overlap(plan))
            refuse_stale(plan, now.plan, now.seen.recollection)
            refuse_missing_inputs(now.plan, inputs)
            run = Run(ports, now.seen, inputs, report, digest=plan.digest, lease=lease)
            batches = [(step,) for step in now.plan.steps]
            changed = await carry_out(run, now.plan, batches, lambda step: _act(run, step))
    else:
        report_kept(plan, report)
        await settle(ports, plan)
    return Rotated(plan, changed, ports.clock.monotonic() - begun)


async def _act(run: Run, step: Step) -> Data:
    return await _ACTS[step.kind](run, step)


async def _open(run: Run, _: Step) -> Data:
    """Write down what is about to stand, before anything does."""
    seen = run.seen
    if run.opened is not None:
        return {"rotation": run.opened.id, "version": await database.follow_compute(run)}
    if seen.subject.name == DATABASE:
        values, role = await database.pending(run)
    elif seen.subject.name == JWT:
        values, role = await jwt.pending(run), ""
    else:
        values, role = {seen.subject.items[0].key: run.inputs[seen.subject.name]}, ""
    base = {name: seen.standing_versions[name] for name in seen.subject.names}
    version = await run.put_record(Rotation(run.name, is_open=True, base=base, values=values, role=role))
    return {"rotation": run.name, "version": version}


async def _publish(run: Run, step: Step) -> Data:
    key = step.id.partition(":")[2]
    if key.startswith(jwt.SECOND_KEY):
        return await jwt.publish_second_key(run, key.removeprefix(jwt.SECOND_KEY))
    name = next(item.name for item in run.seen.subject.items if item.key == key)
    return await publish(run, name, run.rotation.values[key])


async def publish(run: Run, name: str, value: Secret) -> Data:
    """Replace exactly the version the record names."""
    standing = (await run.read(lambda: run.ports.parameters.get([name]))).get(name)
    base = run.rotation.base[name]
    ours = standing is not None and standing.value.same_as(value)
    if not ours and (standing is None or standing.version != base):
        raise RefusedError(
            f"it does not hold version {base} any more, which this rotation would replace",
            system="ssm",
            operation="replace",
            target=name,
            hint="Look at its history, then move the rotation's record away to begin a new one.",
        )
    return {"parameter": name, "version": await run.put(name, value, standing)}


async def _sign(run: Run, _: Step) -> Data:
    """Private key, public key and key id change as one."""
    data: dict[str, str | int] = {}
    for item in run.seen.subject.items:
        data |= await publish(run, item.name, await jwt.value_of(run, item.key))
    return data


async def _sync(run: Run, step: Step) -> Data:
    namespace, _, name = step.target.partition("/")
    return await sync_secret(run, namespace, name)


async def _roll_out(run: Run, step: Step) -> Data:
    stage = step.id.partition(":")[2]
    namespace, service = run.spec.namespace, run.tenant.service
    mark = f"{run.rotation.id}{f'-{stage}' if stage else ''}"
    needs, lacks = jwt.secrets_of_stage(service, stage)
    return await roll_out(run, namespace, service, mark, needs=needs, lacks=lacks)


async def _close(run: Run, _: Step) -> Data:
    """The values are dropped; which role is in use stays."""
    closed = replace(run.rotation, is_open=False, base={}, values={}, stage="", since="")
    return {"version": await run.put_record(closed)}


_ACTS: Mapping[StepKind, Act] = {
    StepKind.RECORD: _open,
    StepKind.ROLE: database.set_role,
    StepKind.PARAMETER: _publish,
    StepKind.KEY_PAIR: _sign,
    StepKind.COMMIT: jwt.commit,
    StepKind.REFRESH: jwt.refresh,
    StepKind.SYNC: _sync,
    StepKind.ROLLOUT: _roll_out,
    StepKind.OVERLAP: jwt.wait,
    StepKind.RETIRE: database.retire,
    StepKind.CLOSE: _close,
}
