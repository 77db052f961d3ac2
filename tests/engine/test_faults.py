"""One fault at every call boundary, then a rerun: it converges and nothing is lost on the way."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest

from portal.errors import RefusedError
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, Machine, check_invariants, truth

# One fault-free run and the sweep's own faults need no more runs than this.
RERUNS = 2
CRASHES = (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)
REFUSALS = (FaultKind.DENIED, FaultKind.EXPIRED)
# A server's error is taken as a call that was lost, and refusals are met in the matrix of whole worlds too.
LONG = (FaultKind.SERVER_ERROR, *REFUSALS)
# What is tried again by itself, and what differs in one thing from a whole sweep, strikes every third call.
WAITED = (FaultKind.THROTTLED, FaultKind.LOCKED)
SAMPLE = 3


def sampled(*kinds: FaultKind) -> list[object]:
    """Every third call for each kind, and every call for who asks for it."""
    return [
        *((kind, SAMPLE) for kind in kinds),
        *(pytest.param(kind, 1, marks=pytest.mark.long) for kind in kinds),
    ]


SWEPT = [
    *((kind, 1) for kind in FaultKind if kind not in {*LONG, *WAITED}),
    *sampled(*WAITED),
    *(pytest.param(kind, 1, marks=pytest.mark.long) for kind in LONG),
]


@dataclass(frozen=True, slots=True)
class Tally:
    """Figures of one sweep: calls of a run, at how many of them a fault was due, how many it struck."""

    boundaries: int
    due: int
    hits: int


async def converged(machine: Machine, wanted: tuple[object, ...]) -> bool:
    for _ in range(RERUNS):
        result = await machine.attempt()
        check_invariants(machine)
        if result is not None and result.healthy and truth(machine) == wanted:
            return True
    return False


async def calls_of_a_clean_run(make: Callable[[], World]) -> tuple[int, tuple[object, ...]]:
    machine = Machine(make())
    await machine.apply()
    return machine.world.boundaries.count, truth(machine)


async def sweep(
    kind: FaultKind, make: Callable[[], World], rerun: Callable[[Machine], Machine], *, every: int = 1
) -> Tally:
    """The fault at each boundary of a run in turn, or at every n-th."""
    count, wanted = await calls_of_a_clean_run(make)
    hits = 0
    due = range(1 + list(FaultKind).index(kind) % every, count + 1, every)
    for at in due:
        machine = Machine(make())
        machine.world.boundaries.set_fault(at, kind)
        await machine.attempt()
        hit = machine.world.boundaries.hit
        hits += bool(hit)
        check_invariants(machine)
        again = rerun(machine)
        assert await converged(again, wanted), f"{kind} at call {at} ({hit}) did not converge: {again.texts}"
        await settled(again, f"{kind} at call {at} ({hit})")
        # Only a process that is killed, or refused at its very end, leaves its lease behind, to expire.
        freed = kind not in {*CRASHES, *REFUSALS}
        assert not freed or LOCK not in machine.world.parameters
    return Tally(count, len(due), hits)


async def settled(machine: Machine, where: str) -> None:
    """I11: at the fixpoint a run changes nothing."""
    result = await machine.apply()
    assert result.changed == ()
    assert machine.world.boundaries.mutations == [], where


def unstored() -> World:
    return World(store_passwords=False)


@pytest.mark.parametrize(("kind", "every"), SWEPT)
async def test_a_fault_at_any_boundary_is_mended_by_applying_again(kind: FaultKind, every: int) -> None:
    tally = await sweep(kind, World, lambda machine: machine, every=every)
    assert tally.hits == tally.due
    assert tally.boundaries > 100


@pytest.mark.parametrize(("kind", "every"), sampled(*CRASHES, FaultKind.ANSWER_LOST))
async def test_the_same_holds_where_neon_stores_no_passwords(kind: FaultKind, every: int) -> None:
    tally = await sweep(kind, unstored, lambda machine: machine, every=every)
    assert tally.hits == tally.due
    assert tally.boundaries > 100


@pytest.mark.parametrize(("kind", "every"), sampled(*CRASHES))
async def test_another_machine_without_the_journal_goes_on_after_the_lease_expired(
    kind: FaultKind, every: int
) -> None:
    def elsewhere(machine: Machine) -> Machine:
        machine.world.boundaries.clock.pass_by(10_000)
        return Machine(machine.world)

    tally = await sweep(kind, World, elsewhere, every=every)
    assert tally.hits == tally.due


async def test_a_lost_password_is_reset_only_while_nobody_can_have_it() -> None:
    """With stored passwords off: one reset at most, and never after the string was published."""
    count, _ = await calls_of_a_clean_run(unstored)
    resets = 0
    for at in range(1, count + 1):
        machine = Machine(unstored())
        world = machine.world
        world.boundaries.set_fault(at, FaultKind.CRASH_AFTER)
        await machine.attempt()
        published = any(name.endswith(("database_url", "direct_url")) for name in world.parameters)
        await machine.attempt()
        assert len(world.resets) <= (0 if published else 1)
        resets += len(world.resets)
    assert resets > 0


async def test_a_machine_that_does_not_know_the_role_never_resets_it() -> None:
    machine = Machine(unstored())
    machine.world.boundaries.before = kill_before(machine, "ssm:create", "database_url")
    await machine.attempt()
    machine.world.boundaries.before = None
    assert "identity-service-dev" in machine.world.roles
    machine.world.boundaries.clock.pass_by(10_000)
    other = Machine(machine.world)
    with pytest.raises(RefusedError, match="cannot be recovered"):
        await other.apply()
    assert not machine.world.resets
    check_invariants(machine, other)
    machine.world.boundaries.revive()
    machine.world.boundaries.clock.pass_by(10_000)
    assert (await machine.apply()).healthy
    assert len(machine.world.resets) == 1


def kill_before(machine: Machine, call: str, step: str) -> Callable[[str], "asyncio.Future[None]"]:
    """Die at the first such call while the step runs."""

    async def check(name: str) -> None:
        running = machine.progress[-1].step if machine.progress else ""
        if name == call and running.endswith(step):
            raise machine.world.boundaries.die()

    return lambda name: asyncio.ensure_future(check(name))


async def test_a_crashed_run_blocks_another_machine_until_its_lease_expires() -> None:
    machine = Machine(World())
    machine.world.boundaries.before = kill_before(machine, "neon:create_role", "role")
    await machine.attempt()
    machine.world.boundaries.before = None
    assert LOCK in machine.world.parameters
    other = Machine(machine.world)
    with pytest.raises(RefusedError, match="holds the lease"):
        await other.apply()
    machine.world.boundaries.revive()
    machine.world.boundaries.clock.pass_by(400)
    assert (await other.apply()).healthy


@pytest.mark.parametrize("block", range(10))
async def test_two_operators_at_once_never_diverge(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        await _at_once(seed)


async def _at_once(seed: int) -> None:
    world = World(store_passwords=seed % 2 == 0)
    world.boundaries.shuffle = Random(seed)  # noqa: S311 - a seed repeats an interleaving
    first, second = Machine(world), Machine(world)
    done = await asyncio.gather(first.apply(), second.apply(), return_exceptions=True)
    failures = [outcome for outcome in done if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, RefusedError) for failure in failures), failures
    check_invariants(first, second)
    assert not world.resets
    world.boundaries.shuffle = None
    world.boundaries.revive()
    assert (await first.apply()).healthy
    await settled(second, f"seed {seed}")
