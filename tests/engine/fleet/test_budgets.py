"""Simulated time over real sockets: what the gateway's log says was asked of Neon and Parameter Store."""

from collections import Counter
from pathlib import Path

import pytest

from tests.engine.fleet.beside import LISTS, beside

SPEED = 60.0


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "seconds", [pytest.param(240.0, id="minutes"), pytest.param(3600.0, id="hour", marks=pytest.mark.long)]
)
async def test_following_keeps_to_its_part_of_every_quota_and_wakes_no_compute(
    tmp_path: Path, seconds: float
) -> None:
    async with beside(tmp_path, services=100, speed=SPEED) as seen:
        await seen.until(lambda now: _rounds(now.asked()) >= 1, "one round of everything")
        await seen.clock.sleep(seconds)
    asked = seen.asked()
    assert asked.keys() == {*LISTS, "DescribeParameters"}
    assert asked.total() - asked["DescribeParameters"] <= 0.1 * 700 / 60 * seconds
    assert asked["DescribeParameters"] <= 0.25 * 40 * seconds


def _rounds(asked: Counter[str]) -> float:
    """How often each of three environments was read: five lists of Neon's, and pages of fifty parameters."""
    return min(min(asked[name] for name in LISTS) / 3, asked["DescribeParameters"] / 18)
