"""Wait on a condition that no event announces (a file, a process, a port), never longer than a deadline."""

import asyncio
import threading
from collections.abc import Callable
from time import monotonic

DEADLINE = 20.0
_STEP = 0.01


async def until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Return as soon as `condition()` is true; TimeoutError once `seconds` have passed without that."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes set no event of this loop
            await asyncio.sleep(_STEP)


def hold_until(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """The same without a loop."""
    deadline, pause = monotonic() + seconds, threading.Event()
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"not so within {seconds} s")
        pause.wait(_STEP)
