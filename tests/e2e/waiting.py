"""Wait on what another process does."""

import threading
import time
from collections.abc import Callable

STEP_SECONDS = 0.02


def until(condition: Callable[[], object], seconds: float, what: str | Callable[[], str]) -> None:
    """Return once the condition holds; AssertionError naming `what` after the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"not within {seconds:.0f} s: {told}")
        pause.wait(STEP_SECONDS)
