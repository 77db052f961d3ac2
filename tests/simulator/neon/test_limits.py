"""How often an account may call, on the whole and on one route."""

from pathlib import Path

import pytest

from simulator.neon.limits import Limits, Rate
from simulator.neon.refusals import TooFast
from tests.simulator.neon.manual import ManualClock
from tests.simulator.neon.world import neon


def _until_refused(limits: Limits, route: str, most: int) -> int:
    for count in range(most):
        try:
            limits.count(route)
        except TooFast:
            return count
    return most


def test_a_route_takes_forty_at_once_and_as_many_each_second() -> None:
    clock = ManualClock()
    limits = Limits(clock, Rate())
    assert _until_refused(limits, "GET /projects", 100) == 40
    assert _until_refused(limits, "GET /auth", 100) == 40
    clock.advance(0.5)
    assert _until_refused(limits, "GET /projects", 100) == 20


def test_the_account_takes_seven_hundred_a_minute() -> None:
    clock = ManualClock()
    limits = Limits(clock, Rate())
    assert sum(_until_refused(limits, f"GET /{number}", 40) for number in range(30)) == 700
    with pytest.raises(TooFast) as told:
        limits.count("GET /another")
    assert told.value.retry_after == 1
    clock.advance(60)
    assert sum(_until_refused(limits, f"GET /{number}", 40) for number in range(30)) == 700


async def test_one_call_too_many_is_told_when_to_come_back(tmp_path: Path) -> None:
    clock = ManualClock()
    async with neon(tmp_path, clock, rate=Rate(a_minute=700, at_once=2)) as world:
        for _ in range(2):
            await world.json("GET", "/auth", 200)
        answer = await world.http.get("/auth")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        assert answer.json()["message"] == "rate limit exceeded"
        await world.json("GET", "/projects", 200)
        clock.advance(1)
        await world.json("GET", "/auth", 200)
