"""Parameter steps run a few at a time: each journaled, each fenced, none cut off by another."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from portal.core.plan import Step, StepKind, Symbol
from portal.core.secrets import Secret
from portal.engine.lease import Lease
from portal.engine.onboard import apply, make_plan, renewed, resumed
from portal.engine.onboard.application import batches
from portal.errors import AccessDenied, InterruptedRun, RefusedError
from tests.core.specs import identity
from tests.engine.fakes import World
from tests.engine.scenes import INPUTS, LOCK, PREFIX, Machine, check_invariants


def _steps(*ids: str) -> list[Step]:
    return [
        Step(text, Symbol.CREATE, StepKind(text.partition(":")[0]), text, "does not exist") for text in ids
    ]


def test_only_steps_that_rest_on_nothing_of_each_other_come_together() -> None:
    keys = [f"parameter:k{number}" for number in range(5)]
    ids = ["role", "database", "parameter:database_url", "parameter:direct_url", *keys, "bucket", "commit"]
    found = [[step.id for step in batch] for batch in batches(_steps(*ids, "verify"))]
    assert found == [
        ["role"],
        ["database"],
        ["parameter:database_url"],
        ["parameter:direct_url"],
        keys[:4],
        [keys[4], "bucket"],
        ["commit"],
    ]


class Gate:
    """Holds every call of one name until as many as expected wait there."""

    def __init__(self, call: str, many: int) -> None:
        self._call, self._many, self.waiting = call, many, 0
        self._all_there = asyncio.Event()

    async def __call__(self, name: str) -> None:
        if name == self._call and not self._all_there.is_set():
            self.waiting += 1
            if self.waiting == self._many:
                self._all_there.set()
            await self._all_there.wait()


async def _begun(machine: Machine) -> Machine:
    """A machine whose tenant lacks nothing but the values a person gives."""
    await machine.apply()
    for key in INPUTS:
        machine.world.parameters.pop(f"{PREFIX}/{key}", None)
    machine.journal.lines.clear()
    machine.world.boundaries.revive()
    return machine


async def test_four_values_are_written_at_once_and_each_is_journaled() -> None:
    machine = await _begun(Machine(World()))
    gate = Gate("ssm:create", many=4)
    machine.world.boundaries.before = _after_the_lease(machine, gate)
    await machine.apply()
    assert gate.waiting == 4
    steps = [entry.step for entry in machine.journal.lines if entry.kind == "done"]
    assert len(steps) == len(set(steps)) == 4


def _after_the_lease(machine: Machine, gate: Gate) -> Callable[[str], Awaitable[None]]:
    async def before(name: str) -> None:
        if LOCK in machine.world.parameters:
            await gate(name)

    return before


async def test_a_failed_value_cuts_no_other_off_and_is_what_is_raised() -> None:
    machine = await _begun(Machine(World()))
    told: list[str] = []

    async def deny(name: str) -> None:
        if name == "ssm:create" and LOCK in machine.world.parameters:
            told.append(name)
            if len(told) == 1:
                raise AccessDenied("not yours", system="ssm", operation="create")
            await asyncio.sleep(0)

    machine.world.boundaries.before = deny
    with pytest.raises(AccessDenied, match="not yours"):
        await machine.apply()
    kinds = [
        (entry.kind, entry.step) for entry in machine.journal.lines if entry.step.startswith("parameter")
    ]
    assert len([kind for kind, _ in kinds if kind == "failed"]) == 1
    assert len([kind for kind, _ in kinds if kind == "done"]) == 3
    machine.world.boundaries.before = None
    assert (await machine.apply()).healthy
    check_invariants(machine)


async def test_a_cancel_lets_the_values_under_way_be_written_and_begins_no_other() -> None:
    machine = await _begun(Machine(World()))
    for name in list(machine.world.parameters):
        if name.startswith(f"{PREFIX}/jwt"):
            del machine.world.parameters[name]
    reached = asyncio.Event()

    async def notice(name: str) -> None:
        if name == "ssm:create" and LOCK in machine.world.parameters:
            reached.set()
            await asyncio.sleep(0)

    machine.world.boundaries.before = notice
    task = asyncio.ensure_future(machine.apply())
    await reached.wait()
    task.cancel()
    with pytest.raises(InterruptedRun):
        await task
    begun = {entry.step for entry in machine.journal.lines if entry.kind == "intent"} - {"lease"}
    done = {entry.step for entry in machine.journal.lines if entry.kind == "done"}
    assert begun == done
    assert len(done) == 4
    assert LOCK not in machine.world.parameters


async def test_one_look_at_the_lease_vouches_only_for_those_who_asked_before_it_began() -> None:
    machine = Machine(World())
    lease = Lease(machine.ports, LOCK, "me")
    await lease.acquire()
    machine.world.boundaries.calls.clear()
    machine.world.boundaries.before = _slowly
    await asyncio.gather(*(lease.verify() for _ in range(6)))
    assert machine.world.boundaries.calls == ["ssm:get"] * 2
    machine.world.parameters[LOCK] = (2, "stolen")
    with pytest.raises(RefusedError, match="lost its lease"):
        await lease.verify()


async def test_a_lease_is_prolonged_once_however_many_ask() -> None:
    machine = Machine(World())
    lease = Lease(machine.ports, LOCK, "me")
    await lease.acquire()
    machine.world.boundaries.clock.pass_by(200)
    machine.world.boundaries.before = _slowly
    await asyncio.gather(*(lease.verify() for _ in range(4)))
    assert machine.world.parameters[LOCK][0] == 2


async def _slowly(_: str) -> None:
    await asyncio.sleep(0)


async def test_work_for_one_tenant_may_do_a_part_of_what_was_shown_for_the_next() -> None:
    machine = Machine(World())
    shown = await machine.plan()
    shared = "/zerotouch/dev/platform/ghcr/username"
    machine.world.parameters[shared] = (1, "canary-by-another-tenant")
    plan = await renewed(machine.ports, shown)
    assert shared not in [step.target for step in plan.changes]
    inputs = {key: Secret(value) for key, value in INPUTS.items()}
    assert (await apply(machine.ports, identity(), plan, inputs, machine.progress.append)).healthy


async def test_a_renewed_plan_never_does_more_than_was_shown() -> None:
    machine = Machine(World())
    machine.world.buckets.add("identity-files")
    shown = await machine.plan()
    machine.world.buckets.clear()
    with pytest.raises(RefusedError, match="now asks for: \\+ bucket"):
        await renewed(machine.ports, shown)


async def test_a_saved_plan_that_was_begun_here_comes_to_the_rest_of_it() -> None:
    machine = Machine(World())
    saved = await machine.plan()
    machine.world.boundaries.before = _deny_the_commit
    with pytest.raises(AccessDenied):
        await machine.apply(saved)
    machine.world.boundaries.before = None
    rest = await resumed(machine.ports, saved)
    assert [step.id for step in rest.changes] == ["commit", "refresh"]
    done = await machine.apply(rest)
    assert done.healthy
    assert not (await resumed(machine.ports, saved)).changes


async def _deny_the_commit(name: str) -> None:
    if name == "git:commit":
        raise AccessDenied("not yours", system="git", operation="commit")


async def test_a_saved_plan_of_a_world_that_moved_is_refused() -> None:
    machine = Machine(World())
    saved = await make_plan(machine.ports, identity(), "dev")
    machine.world.buckets.add("identity-files")
    with pytest.raises(RefusedError, match="the world changed"):
        await resumed(machine.ports, saved)
