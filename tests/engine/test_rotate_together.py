"""Two operators who rotate, or take down, the same tenant at once: one works, the other is told."""

import asyncio
from random import Random

import pytest

from portal.errors import RefusedError
from tests.engine.offboarding import Offboarder, check_taken_down, gone
from tests.engine.rotating import LEASE_SECONDS, Stage, check_rotated
from tests.engine.test_offboard import running


@pytest.mark.parametrize("seed", range(30))
async def test_two_rotations_at_once_never_diverge(seed: int) -> None:
    stage = await Stage.of()
    stage.world.boundaries.shuffle = Random(seed)  # noqa: S311 - a seed repeats an interleaving
    first, second = stage.machine(), stage.machine()
    done = await asyncio.gather(first.rotate("database"), second.rotate("database"), return_exceptions=True)
    failures = [outcome for outcome in done if isinstance(outcome, BaseException)]
    assert all(isinstance(failure, RefusedError) for failure in failures), failures
    check_rotated(stage, first, second)
    assert len(stage.world.resets) <= 1
    assert stage.lets_in(stage.cluster.environment["database_url"])


@pytest.mark.parametrize("seed", range(15))
async def test_a_rotation_and_an_offboarding_at_once_leave_no_half_of_either(seed: int) -> None:
    stage, held = await running()
    stage.world.boundaries.shuffle = Random(seed)  # noqa: S311 - a seed repeats an interleaving
    rotating, ending = stage.machine(), Offboarder(stage.world, stage=stage)
    await asyncio.gather(
        rotating.attempt_rotation("openai_api_key"), ending.attempt_offboarding(), return_exceptions=True
    )
    stage.world.boundaries.shuffle = None
    stage.world.boundaries.clock.pass_by(LEASE_SECONDS)
    if not gone(stage):
        await ending.offboard()
    assert gone(stage)
    kept = {name: value for name, value in held.items() if not name.endswith("openai_api_key")}
    check_taken_down(stage, kept, ending)
