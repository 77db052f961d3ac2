"""Every step that changes something is in the audit trail, and none is done where that cannot be written."""

import pytest

from portal.core.audit import Outcome
from portal.errors import PrerequisiteError, RefusedError
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import Machine, check_invariants


async def test_each_step_stands_in_the_trail_before_it_is_done_and_after() -> None:
    machine = Machine(World())
    result = await machine.apply()
    lines = [entry.event for entry in machine.audit.lines]
    begun, done = [
        [(line.action, line.target) for line in lines if line.outcome is outcome]
        for outcome in (Outcome.INTENT, Outcome.DONE)
    ]
    steps = [(str(step.kind), step.target) for step in result.plan.changes]
    assert sorted(begun) == sorted(done) == sorted([("apply", "identity-service/dev"), *steps])
    assert {
        line.version for line in lines if line.action == "parameter" and line.outcome is Outcome.DONE
    } == {1}
    assert {line.tenant for line in lines} == {"identity-service/dev"}


async def test_nothing_is_done_where_the_trail_cannot_be_written() -> None:
    machine = Machine(World())
    plan = await machine.plan()
    machine.audit.full = True
    with pytest.raises(PrerequisiteError, match="audit trail"):
        await machine.apply(plan)
    assert machine.world.boundaries.mutations == []
    machine.audit.full = False
    assert (await machine.apply()).healthy


async def test_a_trail_that_fills_up_on_the_way_stops_the_run_at_that_step() -> None:
    """Whatever line is the first that finds no room, no mutation but that of the lease follows it."""
    lines = len((await _applied()).audit.lines)
    for at in range(1, lines):
        machine = Machine(World())

        async def fill(name: str, machine: Machine = machine, at: int = at) -> None:
            if name == "audit:record" and len(machine.audit.lines) == at:
                machine.audit.full = True
                machine.world.boundaries.mutations.clear()

        machine.world.boundaries.before = fill
        with pytest.raises(PrerequisiteError, match="audit trail"):
            await machine.apply()
        assert set(machine.world.boundaries.mutations) <= {"ssm:delete"}
        machine.world.boundaries.before = None
        machine.audit.full = False
        check_invariants(machine)
        assert (await machine.apply()).healthy


async def test_a_run_that_changes_nothing_leaves_no_line() -> None:
    machine = await _applied()
    before = len(machine.audit.lines)
    assert (await machine.apply()).changed == ()
    assert len(machine.audit.lines) == before


async def test_a_step_that_failed_says_so_and_one_that_was_cut_off_stays_in_doubt() -> None:
    machine = Machine(World(denied={"neon"}))
    with pytest.raises(RefusedError):
        await machine.apply()
    assert machine.audit.lines == []
    machine = Machine(World())
    machine.world.boundaries.set_fault(10_000, FaultKind.CRASH_BEFORE)

    async def deny(name: str) -> None:
        if name == "neon:create_role":
            machine.world.denied.add("neon")

    machine.world.boundaries.before = deny
    assert await machine.attempt() is None
    ends = {entry.event.action: entry.event.outcome for entry in machine.audit.lines}
    assert ends["role"] is ends["apply"] is Outcome.FAILED

    async def kill(name: str) -> None:
        if name == "neon:create_role":
            raise machine.world.boundaries.die()

    machine = Machine(World())
    machine.world.boundaries.before = kill
    assert await machine.attempt() is None
    ends = {entry.event.action: entry.event.outcome for entry in machine.audit.lines}
    assert ends["role"] is ends["apply"] is Outcome.INTENT


async def _applied() -> Machine:
    machine = Machine(World())
    await machine.apply()
    return machine
