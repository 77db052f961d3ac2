"""Each failure of the table: provoked, seen with its exact words and in its order, and gone after its fix."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from simulator.clock import WallClock
from tests.scenarios.model import Scenario
from tests.scenarios.table import SCENARIOS
from tests.simulator.controllers.scenarios.history import History
from tests.simulator.controllers.scenarios.replay import replay
from tests.simulator.controllers.scenarios.stage import KINDS, stage

Outcomes = dict[str, "asyncio.Task[None]"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outcomes]:
    """All scenarios are played at once, each in a namespace of its own."""
    async with stage(tmp_path_factory.mktemp("scenarios")) as on:
        kinds = [await on.api.resource(*each) for each in KINDS]
        history = History(on.api, WallClock(), kinds, [each.name for each in SCENARIOS])
        following = asyncio.create_task(history.run())
        await history.complete()
        playing = {each.name: asyncio.create_task(replay(each, on, history)) for each in SCENARIOS}
        try:
            yield playing
        finally:
            for task in (*playing.values(), following):
                task.cancel()
            await asyncio.wait({*playing.values(), following})


@pytest.mark.timeout(240)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in SCENARIOS])
async def test_a_failure_is_told_in_the_words_of_the_real_one_and_ends_with_its_fix(
    scenario: Scenario, outcomes: Outcomes
) -> None:
    await outcomes[scenario.name]


def test_there_are_enough_scenarios_for_every_rung() -> None:
    assert len(SCENARIOS) >= 40
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)
