"""Each failure of the table: provoked, seen with its exact words and in its order, and gone after its fix.

While it lasts the portal is asked what it makes of it: the hop that was broken, in the words of the failure,
and a command that shows them, which is run where the long tests are.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from simulator.clock import WallClock
from tests.scenarios.model import Scenario
from tests.scenarios.table import SCENARIOS
from tests.simulator.controllers.scenarios.history import History
from tests.simulator.controllers.scenarios.judging import Judge, words
from tests.simulator.controllers.scenarios.replay import replay
from tests.simulator.controllers.scenarios.stage import KINDS, stage
from tests.simulator.controllers.scenarios.verdicts import ELSEWHERE, HOPS, ROWS, WELL


@dataclass(frozen=True, slots=True)
class Played:
    """All scenarios under way, and who judges them."""

    outcomes: dict[str, "asyncio.Task[None]"]
    judge: Judge


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="played")
async def _played(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[Played]:
    """All scenarios are played at once, each in a namespace of its own."""
    async with stage(tmp_path_factory.mktemp("scenarios")) as on:
        kinds = [await on.api.resource(*each) for each in KINDS]
        history = History(on.api, WallClock(), kinds, [each.name for each in SCENARIOS])
        following = asyncio.create_task(history.run())
        await history.complete()
        judge = Judge(on, history, run=pytestconfig.getoption("--long"))
        playing = {
            each.name: asyncio.create_task(replay(each, on, history, judge.look)) for each in SCENARIOS
        }
        try:
            yield Played(playing, judge)
        finally:
            for task in (*playing.values(), following):
                task.cancel()
            await asyncio.wait({*playing.values(), following})


EVERY = [pytest.param(each, id=each.name) for each in SCENARIOS]
JUDGED = [pytest.param(each, id=each.name) for each in SCENARIOS if each.name not in ELSEWHERE]


@pytest.mark.timeout(240)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scenario", EVERY)
async def test_a_failure_is_told_in_the_words_of_the_real_one_and_ends_with_its_fix(
    scenario: Scenario, played: Played
) -> None:
    await played.outcomes[scenario.name]


@pytest.mark.timeout(240)
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("scenario", JUDGED)
async def test_the_portal_names_the_planted_cause_as_the_earliest_broken_hop(
    scenario: Scenario, played: Played
) -> None:
    await asyncio.wait({played.outcomes[scenario.name]})
    judged = played.judge.found[scenario.name]
    hop, told = ROWS.get(scenario.name, (HOPS[scenario.rung], ""))
    said = {told} if told else words(scenario)
    verdict = judged.verdict
    assert verdict.broken_hop == (None if scenario.name in WELL else hop), verdict.cause
    assert scenario.name in WELL or any(text in verdict.cause for text in said), (verdict.cause, said)
    assert judged.shows(said | words(scenario)), (verdict.fix, judged.printed)


def test_there_are_enough_scenarios_for_every_rung() -> None:
    assert len(SCENARIOS) >= 40
    assert len({each.name for each in SCENARIOS}) == len(SCENARIOS)
    assert len(JUDGED) - len(WELL) >= 40
