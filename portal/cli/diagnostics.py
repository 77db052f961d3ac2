"""The only writer to stderr, and the exit codes."""

import sys
from enum import IntEnum
from typing import TextIO

from portal.core.chain import HopState, Verdict
from portal.core.events import Progress, Stage
from portal.core.wording import STAGE_SIGNS, plain
from portal.errors import AwaitsReview, InterruptedRun, PortalError, UsageError


class ExitCode(IntEnum):
    """What the shell sees."""

    DONE = 0
    """Done, or everything healthy."""
    FAILED = 1
    """Something was tried and failed."""
    USAGE = 2
    """The call is wrong; nothing was contacted."""
    NOT_HEALTHY = 3
    """Not healthy, or changes are pending."""
    UNKNOWN = 4
    """A source could not be read, so nobody can tell."""
    INTERRUPTED = 130
    """Stopped by the user."""


class Diagnostics:
    """Talk for people: progress lines, notes and errors. A listener that went away stops no work."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream: TextIO | None = stream or sys.stderr

    def note(self, text: str) -> None:
        """One line of talk."""
        self._say(f"{text}\n")

    def prompt(self, text: str) -> None:
        """The beginning of a line that the reader ends."""
        self._say(text)

    def _say(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None

    def progress(self, event: Progress) -> None:
        """One line a step; a step's start is shown only by what follows."""
        if event.stage is Stage.STARTED:
            return
        took = f" ({event.seconds:.1f} s)" if event.seconds is not None else ""
        detail = f": {plain(event.detail)}" if event.detail else ""
        self.note(f"{STAGE_SIGNS[event.stage]} {event.scope}  {plain(event.step)}{detail}{took}")

    def error(self, error: PortalError) -> ExitCode:
        """Print an error with what to do next; returns the exit code it calls for."""
        lines = [part for line in str(error).splitlines() if (part := plain(line))]
        self.note(
            "\n".join([_word(error) + (lines[0] if lines else ""), *("       " + line for line in lines[1:])])
        )
        return exit_code(error)


def _word(error: PortalError) -> str:
    return "waiting: " if isinstance(error, AwaitsReview) else "error: "


def exit_code(error: PortalError) -> ExitCode:
    """The exit code of an error."""
    if isinstance(error, UsageError):
        return ExitCode.USAGE
    if isinstance(error, AwaitsReview):
        return ExitCode.NOT_HEALTHY
    if isinstance(error, InterruptedRun):
        return ExitCode.INTERRUPTED
    return ExitCode.FAILED


def health_code(tenants: tuple[Verdict, ...]) -> ExitCode:
    """0 all healthy, 4 when something cannot be told and nothing is known to be wrong, else 3."""
    states = {tenant.state for tenant in tenants}
    if states <= {HopState.HEALTHY}:
        return ExitCode.DONE
    return ExitCode.UNKNOWN if states <= {HopState.HEALTHY, HopState.UNKNOWN} else ExitCode.NOT_HEALTHY
