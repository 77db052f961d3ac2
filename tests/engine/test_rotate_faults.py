"""One fault at every call of a rotation, then the same command again: it converges, and pods never notice."""

from collections.abc import Callable

import pytest

from tests.engine.boundaries import FaultKind
from tests.engine.rotating import LEASE_SECONDS, Rotator, Stage, check_rotated, watch_pods

CRASHES = [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER]
Rerun = Callable[[Stage, Rotator], Rotator]


def same(_: Stage, machine: Rotator) -> Rotator:
    return machine


def elsewhere(stage: Stage, _: Rotator) -> Rotator:
    """Another machine, once the dead run's lease has expired."""
    stage.world.boundaries.clock.pass_by(LEASE_SECONDS)
    return stage.machine()


def rotated(stage: Stage, subject: str, before: str) -> bool:
    """Whether the rotation has come to its end."""
    record = stage.record(subject)
    key = {"database": "database_url", "jwt": "jwt_key_id"}.get(subject, subject)
    done = record is not None and not record.is_open and stage.value(key) != before
    return done and stage.cluster.environment[key] == stage.value(key)


async def sweep(subject: str, kind: FaultKind, rerun: Rerun, *, every: int = 1) -> int:
    """The fault at each call of a run in turn, or at every n-th; how many calls there were."""
    clean = await Stage.of()
    await clean.machine().rotate(subject)
    count = clean.world.boundaries.count
    for at in range(1 + list(FaultKind).index(kind) % every, count + 1, every):
        stage = await Stage.of()
        key = {"database": "database_url", "jwt": "jwt_key_id"}.get(subject, subject)
        before = stage.value(key)
        machine = stage.machine()
        watch_pods(stage)
        stage.world.boundaries.set_fault(at, kind)
        await machine.attempt_rotation(subject)
        where = f"{kind} at call {at} ({stage.world.boundaries.hit})"
        check_rotated(stage, machine)
        again = rerun(stage, machine)
        for _ in range(2):
            if rotated(stage, subject, before):
                break
            await again.attempt_rotation(subject)
            check_rotated(stage, machine, again)
        assert rotated(stage, subject, before), f"{where} did not converge: {again.texts}"
        assert len(stage.world.resets) <= 2, where
        assert not stage.cluster.overlap, where
    return count


# Subject and how many of its calls are passed over between two that fail, so that the sample stays quick.
SAMPLES = [("database", 7), ("jwt", 23), ("openai_api_key", 11)]
ALL = [pytest.param(subject, 1, marks=pytest.mark.long) for subject, _ in SAMPLES]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", list(FaultKind))
@pytest.mark.parametrize(("subject", "every"), [*SAMPLES, *ALL])
async def test_a_fault_at_any_call_is_mended_by_the_same_command(
    subject: str, every: int, kind: FaultKind
) -> None:
    assert await sweep(subject, kind, same, every=every) > 40


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", CRASHES)
@pytest.mark.parametrize(("subject", "every"), [*SAMPLES, *ALL])
async def test_another_machine_without_the_journal_goes_on(subject: str, every: int, kind: FaultKind) -> None:
    assert await sweep(subject, kind, elsewhere, every=every) > 40


@pytest.mark.parametrize("subject", ["database", "jwt"])
async def test_repeating_a_command_that_was_cut_off_at_its_end_begins_no_new_rotation(subject: str) -> None:
    stage = await Stage.of()
    machine = stage.machine()

    async def die(name: str) -> None:
        if name == "journal:append" and [line.step for line in machine.journal.lines[-1:]] == ["close"]:
            raise stage.world.boundaries.die()

    stage.world.boundaries.before = die
    assert await machine.attempt_rotation(subject) is None
    stage.world.boundaries.before = None
    assert machine.journal.lines[-1].step == "close"
    record = stage.record(subject)
    assert record is not None
    assert not record.is_open
    result = await machine.rotate(subject)
    assert result.changed == ()
    assert stage.world.boundaries.mutations == []
    assert stage.record(subject) == record
    assert (await machine.rotate(subject)).changed != ()
