"""Stopping a run, losing its lease, waiting for a chain that does not heal."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from portal.core.events import Stage
from portal.core.parameters import ParameterValue
from portal.core.secrets import Secret
from portal.engine.lease import Lease, LeaseRecord
from portal.engine.world import Patience
from portal.errors import InterruptedRun, NotFound, RefusedError, Throttled
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, ROLE, Machine, check_invariants, settings


async def stopped_at(machine: Machine, call: str, *, times: int = 1) -> BaseException | None:
    """Cancel the run while this call is under way."""
    reached = asyncio.Event()

    async def notice(name: str) -> None:
        if name == call:
            reached.set()
            for _ in range(3):
                await asyncio.sleep(0)

    machine.world.boundaries.before = notice
    plan = await machine.plan()
    task = asyncio.ensure_future(machine.apply(plan))
    await reached.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    machine.world.boundaries.before = None
    machine.world.boundaries.revive()
    return outcome if isinstance(outcome, BaseException) else None


async def test_a_cancelled_run_ends_its_step_records_it_and_frees_the_lease() -> None:
    machine = Machine(World())
    outcome = await stopped_at(machine, "neon:create_role")
    assert isinstance(outcome, InterruptedRun)
    assert [entry.step for entry in machine.journal.lines if entry.kind == "done"] == ["compute", "role"]
    assert ROLE not in machine.world.databases
    assert LOCK not in machine.world.parameters
    check_invariants(machine)
    assert (await machine.apply()).healthy


async def test_a_second_cancel_ends_the_run_at_once() -> None:
    machine = Machine(World())
    outcome = await stopped_at(machine, "neon:create_role", times=2)
    assert isinstance(outcome, asyncio.CancelledError)
    assert not [entry for entry in machine.journal.lines if entry.kind == "done" and entry.step == "role"]
    assert (await machine.apply()).healthy
    check_invariants(machine)


async def test_cancelling_while_the_lease_is_taken_leaves_none_behind() -> None:
    machine = Machine(World())
    outcome = await stopped_at(machine, "ssm:create")
    assert isinstance(outcome, InterruptedRun)
    assert machine.world.parameters == {}


async def test_cancelling_the_wait_says_that_everything_was_done() -> None:
    machine = Machine(World())
    outcome = await stopped_at(machine, "status:verdict")
    assert isinstance(outcome, InterruptedRun)
    assert "everything asked for was done" in str(outcome)
    assert len(machine.world.commits) == 1


@pytest.mark.parametrize("step", ["role", "parameter:database_url", "key-pair", "commit"])
async def test_a_run_that_lost_its_lease_changes_nothing_more(step: str) -> None:
    machine = Machine(World())
    world = machine.world
    theirs = LeaseRecord("thief", 9, "2026-01-31T13:00:00+00:00").text().reveal("test")
    at_theft: list[int] = []

    async def steal(_: str) -> None:
        if machine.progress and machine.progress[-1].step == step and not at_theft:
            world.parameters[LOCK] = (9, theirs)
            at_theft.append(len(world.boundaries.mutations))

    world.boundaries.before = steal
    with pytest.raises(RefusedError, match=r"lost its lease .* to thief"):
        await machine.apply()
    assert len(world.boundaries.mutations) == at_theft[0]
    assert world.parameters[LOCK] == (9, theirs)


async def test_a_lease_is_prolonged_while_its_run_goes_on() -> None:
    machine = Machine(World())
    lease = Lease(machine.ports, LOCK, "me")
    await lease.acquire()
    machine.world.boundaries.clock.pass_by(200)
    await lease.verify()
    assert machine.world.parameters[LOCK][0] == 2
    machine.world.boundaries.clock.pass_by(200)
    with pytest.raises(RefusedError, match="run me holds the lease"):
        await Lease(machine.ports, LOCK, "other").acquire()


async def test_an_expired_lease_is_taken_over_and_its_holder_is_fenced() -> None:
    machine = Machine(World())
    old, new = Lease(machine.ports, LOCK, "old"), Lease(machine.ports, LOCK, "new")
    await old.acquire()
    machine.world.boundaries.clock.pass_by(361)
    await new.acquire()
    assert new.fence > old.fence
    with pytest.raises(RefusedError, match="to new"):
        await old.verify()
    await old.release()
    await new.verify()


async def test_an_expired_lease_stays_with_its_holder_until_somebody_says_that_it_is_over() -> None:
    machine = Machine(World(), profile=replace(settings(), take_over=False))
    old = Lease(machine.ports, LOCK, "old")
    await old.acquire()
    machine.world.boundaries.clock.pass_by(361)
    with pytest.raises(RefusedError, match=r"run old of another machine .* --take-over"):
        await Lease(machine.ports, LOCK, "new").acquire()
    with pytest.raises(RefusedError, match="--take-over"):
        await machine.apply()
    assert [name for name in machine.world.parameters if name != LOCK] == []
    await old.verify()


async def test_the_lease_of_a_run_known_to_be_dead_is_taken_over_at_once() -> None:
    machine = Machine(World(), profile=replace(settings(), take_over=False))
    await Lease(machine.ports, LOCK, "dead").acquire()
    lease = Lease(machine.ports, LOCK, "me")
    await lease.acquire(frozenset({"dead"}))
    await lease.verify()


async def test_of_two_that_take_over_at_once_at_most_one_goes_on() -> None:
    machine = Machine(World())
    await Lease(machine.ports, LOCK, "old").acquire()
    machine.world.boundaries.clock.pass_by(1000)
    rival = Lease(machine.ports, LOCK, "rival")

    async def race(name: str) -> None:
        if name == "ssm:replace":
            machine.world.boundaries.before = None
            await rival.acquire()

    machine.world.boundaries.before = race
    loser = Lease(machine.ports, LOCK, "loser")
    with pytest.raises(RefusedError, match="at the same moment"):
        await loser.acquire()
    with pytest.raises(RefusedError, match=r"lost its lease .* to nobody"):
        await rival.verify()


@pytest.mark.parametrize(
    "text",
    ["", "no json", "[]", '{"holder": "x"}', json.dumps({"holder": "x", "fence": 1, "expires_at": "2026"})],
)
def test_a_lease_that_cannot_be_read_belongs_to_somebody_and_does_not_expire(text: str) -> None:
    record = LeaseRecord.read(ParameterValue(LOCK, 1, Secret(text)))
    assert record.holder == "an unknown writer"
    assert record.expires_at.startswith("9999")


async def test_a_lease_that_cannot_be_freed_does_not_hide_the_outcome() -> None:
    machine = Machine(World())
    fail_from(
        machine, "ssm:delete", lambda: Throttled("slow", system="ssm", operation="delete", retry_after=999)
    )
    result = await machine.apply()
    assert result.healthy
    assert any("expires by itself" in line.detail for line in machine.progress)


def fail_from(machine: Machine, call: str, error: Callable[[], Exception]) -> None:
    async def check(name: str) -> None:
        if name == call:
            raise error()

    machine.world.boundaries.before = check


async def test_a_chain_that_does_not_heal_ends_with_the_blocking_hop() -> None:
    machine = Machine(World())
    machine.ports = replace(machine.ports, patience=Patience(verify=20))
    fail_from(
        machine,
        "kubernetes:list",
        lambda: NotFound("no ApplicationSet", system="kubernetes", operation="list"),
    )
    with pytest.raises(NotFound):
        await machine.apply()
    machine.world.boundaries.before = None
    machine.world.kinds.pop("ApplicationSet")
    result = await machine.apply()
    assert not result.healthy
    last = machine.progress[-1]
    assert last.stage is Stage.FAILED
    assert "application is broken: no Application was generated" in last.detail
    assert last.seconds is not None
    assert 20 <= last.seconds < 25
