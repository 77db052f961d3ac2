"""The guard over the loop itself: it finds what works too long, and nothing else."""

import asyncio
import threading
import time
from collections.abc import Callable

import pytest

from tests.tui.slices import LONGEST_SECONDS, Slices


def _work() -> None:
    began = time.thread_time()
    while time.thread_time() - began < 10 * LONGEST_SECONDS:
        pass


def _wait() -> None:
    threading.Event().wait(2 * LONGEST_SECONDS)


@pytest.mark.parametrize(
    ("turn", "found"), [pytest.param(_work, 1, id="works"), pytest.param(_wait, 0, id="is kept from working")]
)
def test_a_turn_is_too_long_by_what_it_works(
    turn: Callable[[], None], found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = asyncio.new_event_loop()
    slices = Slices()
    monkeypatch.setattr(slices, "_run", lambda _: turn())
    slices.run(asyncio.Handle(turn, (), loop))
    loop.close()
    assert len(slices.long) == found
