"""Run a check once in a child process, whose libraries' memory goes when it ends."""

import os
import sys
from collections.abc import Callable

from simulator.workload.report import CheckFailed

PASSED, FAILED = b"+", b"-"


def apart(probe: Callable[[], str]) -> Callable[[], str]:
    """Begin `probe` in a child now; the function returned waits for its outcome and repeats it.

    For checks whose outcome cannot change while this process lives; to be called before any thread starts.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _tell(probe, writing)
    os.close(writing)
    return _Outcome(child, reading)


class _Outcome:
    """What the child said, once it said it."""

    def __init__(self, child: int, reading: int) -> None:
        self._child = child
        self._reading = reading
        self._said: bytes | None = None

    def __call__(self) -> str:
        if self._said is None:
            with os.fdopen(self._reading, "rb") as pipe:
                self._said = pipe.read()
            os.waitpid(self._child, 0)
        text = self._said[1:].decode(errors="replace")
        if self._said[:1] != PASSED:
            raise CheckFailed(text or "the check ended without an answer")
        return text


def _tell(probe: Callable[[], str], writing: int) -> None:
    """The child's whole life; it never returns into the parent's code."""
    said = FAILED + b"the check could not be run"
    try:
        said = PASSED + probe().encode()
    except CheckFailed as failure:
        said = FAILED + str(failure).encode()
    except Exception as fault:  # noqa: BLE001 - a fault of a check is a failed check
        said = FAILED + f"{type(fault).__name__}: {fault}".encode()
    finally:
        os.write(writing, said)
        sys.stdout.flush()
        os._exit(0)
