"""Wait on what another process does."""

import threading
import time
from collections.abc import Callable

FIRST_SECONDS, LONGEST_SECONDS = 0.01, 0.1
"""Between two looks: what comes soon is seen at once, and what takes its time is asked for less and less."""


def until(condition: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Return once the condition holds; AssertionError naming `what` after the deadline."""
    deadline = time.monotonic() + seconds
    pause, step = threading.Event(), FIRST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds:.0f} s: {told}")
        pause.wait(step)
        step = min(step * 1.2, LONGEST_SECONDS)
