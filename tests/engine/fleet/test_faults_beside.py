"""What a person sees while Neon or Parameter Store misbehaves: W17 to W19 through their gateways."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness, Source
from simulator.gateway.faults import Action
from tests.engine.fleet.beside import LISTS, Beside, beside

pytestmark = pytest.mark.timeout(120)
SPEED = 20.0
LOST = {Freshness.STALE, Freshness.UNKNOWN}


@pytest.fixture(name="seen")
async def _seen(tmp_path: Path) -> AsyncIterator[Beside]:
    async with beside(tmp_path, services=2, speed=SPEED) as opened:
        await opened.until(well, "well at first")
        yield opened


def well(seen: Beside) -> bool:
    """Whether both are live and what they hold is seen."""
    live = {seen.source(name).state for name in (Source.NEON, Source.SSM)} == {Freshness.LIVE}
    return live and seen.hop(HopName.PARAMETERS).state is seen.hop(HopName.DATABASE).state is HopState.HEALTHY


async def test_w17_a_throttled_parameter_store_is_asked_less_and_says_so(seen: Beside) -> None:
    rule = seen.break_("ssm:DescribeParameters", Action.THROTTLE)
    # The line tells of the first environment that is lost, which need not be the first tenant's.
    await seen.until(lambda now: now.hop(HopName.PARAMETERS).state is HopState.UNKNOWN, "throttled")
    line = seen.source(Source.SSM)
    assert line.state in LOST
    assert "throttled" in line.detail
    assert line.retry_in is not None
    assert "last seen healthy" in seen.hop(HopName.PARAMETERS).cause
    assert seen.source(Source.NEON).state is Freshness.LIVE
    before, began = seen.asked()["DescribeParameters"], seen.clock.monotonic()
    await seen.clock.sleep(60)
    asked = seen.asked()["DescribeParameters"] - before
    assert asked / (seen.clock.monotonic() - began) <= 0.25 * 40
    seen.faults.remove(rule)
    await seen.until(well, "well again")


async def test_w18_an_empty_page_with_a_token_is_not_the_end_of_a_listing(tmp_path: Path) -> None:
    async with beside(tmp_path, services=2, speed=SPEED) as seen:
        more = '{"Parameters": [], "NextToken": "0"}'
        seen.break_("ssm:DescribeParameters", Action.STATUS, status=200, body=more, times=3)
        await seen.until(well, "everything behind the empty page")
        await seen.until(lambda now: now.asked()["DescribeParameters"] >= 6, "both pages")


@pytest.mark.parametrize(
    ("action", "more", "words"),
    [
        (Action.THROTTLE, {"seconds": 9.0}, "throttled"),
        (Action.STATUS, {"status": 503, "message": "down for maintenance"}, "down for maintenance"),
        (Action.STATUS, {"status": 502, "body": "<html>bad gateway</html>"}, "HTTP 502"),
        (Action.DROP_BEFORE, {}, ""),
    ],
    ids=["too-many", "maintenance", "html", "dropped"],
)
async def test_w19_a_neon_that_does_not_answer_is_stale_and_its_idle_compute_is_never_woken(
    seen: Beside, action: Action, more: dict[str, object], words: str
) -> None:
    assert seen.hop(HopName.COMPUTE).detail == "idle, scale to zero"
    rule = seen.break_("neon:*", action, **more)
    await seen.until(lambda now: now.hop(HopName.COMPUTE).state is HopState.UNKNOWN, "lost")
    line = seen.source(Source.NEON)
    assert (line.state in LOST, words in line.detail) == (True, True), line
    assert line.retry_in is not None
    assert seen.source(Source.SSM).state is Freshness.LIVE
    seen.faults.remove(rule)
    await seen.until(well, "well again")
    assert seen.asked().keys() <= {*LISTS, "DescribeParameters"}
