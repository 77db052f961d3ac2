"""What the journal tells of work that was begun: what is done, what is next, and when it is over."""

from dataclasses import replace

import pytest

from portal.core.facets import TenantKey
from portal.engine.onboard import begun_spec, outlooks
from portal.engine.saga.unfinished import unfinished
from portal.errors import AccessDenied, RefusedError
from tests.core.specs import identity
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import Machine

TENANT = TenantKey("identity-service", "dev")


async def _killed_in(machine: Machine, call: str, kind: FaultKind = FaultKind.CRASH_AFTER) -> None:
    """A process that dies at the first such call of its apply."""

    async def before(name: str) -> None:
        if name == call:
            machine.world.boundaries.fault = (machine.world.boundaries.count, kind)

    machine.world.boundaries.before = before
    assert await machine.attempt() is None
    machine.world.boundaries.before = None


async def test_nothing_is_unfinished_where_nothing_was_begun_or_all_was_done() -> None:
    machine = Machine(World())
    assert await outlooks(machine.journal) == ()
    await machine.apply()
    assert await outlooks(machine.journal) == ()


async def test_a_process_that_died_leaves_its_done_its_doubtful_and_its_next_step() -> None:
    machine = Machine(World())
    await _killed_in(machine, "neon:create_database")
    (outlook,) = await outlooks(machine.journal)
    assert outlook.work is not None
    assert (outlook.tenant, outlook.running, outlook.error) == (TENANT, False, None)
    assert outlook.work.done == ("compute", "role")
    assert outlook.work.doubtful == ("database",)
    assert outlook.work.next == "database"
    assert await begun_spec(machine.journal, TENANT) == machine.spec


@pytest.mark.parametrize("call", ["neon:create_role", "s3:create_bucket", "git:commit"])
async def test_applying_again_ends_it(call: str) -> None:
    machine = Machine(World())
    await _killed_in(machine, call)
    assert len(await outlooks(machine.journal)) == 1
    await machine.apply()
    assert await outlooks(machine.journal) == ()


async def test_work_that_another_machine_finished_is_over_here_once_it_is_looked_at() -> None:
    world = World()
    here, there = Machine(world), Machine(world)
    await _killed_in(here, "neon:create_database")
    world.boundaries.clock.pass_by(600)
    await there.apply()
    assert len(await outlooks(here.journal)) == 1
    await here.apply()
    assert await outlooks(here.journal) == ()


async def test_a_failed_step_is_named_with_its_system() -> None:
    machine = Machine(World())

    async def before(name: str) -> None:
        if name == "neon:create_database":
            raise AccessDenied("the key may not", system="neon", operation=name)

    machine.world.boundaries.before = before
    assert await machine.attempt() is None
    (outlook,) = await outlooks(machine.journal)
    assert outlook.work is not None
    assert outlook.work.failed == "database: AccessDenied neon neon:create_database"
    assert (outlook.work.next, outlook.work.doubtful) == ("database", ())


async def test_while_a_process_works_it_is_told_as_running() -> None:
    machine = Machine(World())
    await _killed_in(machine, "neon:create_database")
    async with machine.journal.exclusive(TENANT):
        (outlook,) = await outlooks(machine.journal)
    assert outlook.running


async def test_without_unfinished_work_there_is_nothing_to_resume() -> None:
    machine = Machine(World())
    with pytest.raises(RefusedError, match="no unfinished onboarding of identity-service/dev"):
        await begun_spec(machine.journal, TENANT)


async def test_a_journal_that_does_not_keep_the_service_is_gone_on_with_by_its_file() -> None:
    machine = Machine(World())
    await _killed_in(machine, "neon:create_database")
    lines = [
        replace(entry, data={"digest": entry.data["digest"]}) if entry.kind == "plan" else entry
        for entry in machine.journal.lines
    ]
    (work,) = unfinished(lines)
    assert (work.spec, work.next) == (None, "")
    assert machine.spec == identity()
