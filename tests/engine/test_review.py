"""A commit that a person has to merge: nothing that rests on it is done before, the rest goes on after."""

import pytest

from portal.core.events import Stage
from portal.engine.saga.unfinished import outlooks
from portal.errors import AwaitsReview
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, Machine


async def test_an_onboarding_waits_for_the_merge_and_goes_on_after_it() -> None:
    machine = Machine(World(review=True))
    world = machine.world
    with pytest.raises(AwaitsReview, match="gh pr create --base main --head portal/identity-service-dev"):
        await machine.apply()
    assert machine.progress[-1].stage is Stage.WAITING
    assert (world.files, world.refreshed, world.applications) == ({}, [], set())
    assert LOCK not in world.parameters
    (outlook,) = await outlooks(machine.journal)
    assert outlook.work is not None
    assert outlook.work.next == "commit"
    world.files |= world.proposed
    world.review = False
    done = await machine.apply()
    assert done.healthy
    assert done.changed == ("refresh",)
    assert await outlooks(machine.journal) == ()
