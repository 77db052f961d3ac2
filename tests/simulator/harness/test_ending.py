"""With what status a world that was told to end is said to have ended."""

import signal

import pytest

from simulator.harness import up


@pytest.mark.parametrize(
    ("status", "came_up", "told"),
    [
        pytest.param(0, True, 0, id="in order"),
        pytest.param(1, True, 1, id="by a failure"),
        pytest.param(-signal.SIGTERM, True, 0, id="told twice, no longer listening"),
        pytest.param(-signal.SIGKILL, True, 0, id="too slowly"),
        pytest.param(-signal.SIGSEGV, True, -signal.SIGSEGV, id="by a crash"),
        pytest.param(0, False, 130, id="before it was up"),
        pytest.param(-signal.SIGTERM, False, 130, id="before it listened"),
    ],
)
def test_a_world_that_was_told_to_end(status: int, *, came_up: bool, told: int) -> None:
    assert up._as_asked(status, came_up=came_up) == told
