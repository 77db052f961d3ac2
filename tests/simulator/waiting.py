"""Wait on a condition that no event announces (a file, a process, a port), never longer than a deadline."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from time import monotonic

DEADLINE = 20.0
_FIRST, _LONGER, _LONGEST = 0.01, 1.5, 0.1
"""Seconds between looks: soon at first, then less and less often, for looking takes the processor too."""


def steps() -> Iterator[float]:
    """Seconds until the next look, without an end."""
    step = _FIRST
    while True:
        yield step
        step = min(step * _LONGER, _LONGEST)


async def until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Return as soon as `condition()` is true; TimeoutError once `seconds` have passed without that."""
    pauses = steps()
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event of this loop
            await asyncio.sleep(next(pauses))


def hold_until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """The same without a loop."""
    deadline, pause, pauses = monotonic() + seconds, threading.Event(), steps()
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"not so within {seconds} s")
        pause.wait(next(pauses))
