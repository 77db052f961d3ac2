"""Controllers are started again when they crash, ever later, and their rows say so meanwhile."""

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from simulator.harness.keeping import UP, Condition

RESTARTING = "restarting"
FIRST_DELAY, LAST_DELAY = 1.0, 60.0
STEADY_SECONDS = 60.0
"""Real seconds after which an earlier crash is forgotten."""
_LAST_LINES = 6

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Minder:
    """Keeps one controller going; `changed` is called with its condition whenever that changes."""

    name: str
    start: Callable[[], Awaitable[None]]
    changed: Callable[[Condition], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    crashes: int = 0

    async def run(self) -> None:
        """Until cancelled. What it crashed of stays told after it was started again."""
        loop = asyncio.get_running_loop()
        in_a_row = 0
        while True:
            began = loop.time()
            try:
                await self.start()
                cause, lines = "it ended though it should last", ""
            except Exception as fault:  # noqa: BLE001 - whatever it is, it is told, and the others go on
                cause, lines = _cause(fault), _last_lines(fault)
                _LOG.error("%s: %s\n%s", self.name, cause, lines)
            in_a_row = 0 if loop.time() - began >= STEADY_SECONDS else in_a_row
            self.crashes += 1
            delay = min(LAST_DELAY, FIRST_DELAY * 2**in_a_row)
            in_a_row += 1
            times = f"crash {self.crashes}" if self.crashes > 1 else "its first crash"
            text = f"{cause} ({times}); started again {delay:g} s after it"
            self.changed(Condition(RESTARTING, text, lines))
            await self.sleep(delay)
            self.changed(Condition(UP, f"started again after {times}: {cause}"))


def _innermost(fault: BaseException) -> BaseException:
    """The first fault of a group of tasks."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return fault


def _cause(fault: BaseException) -> str:
    """The kind of fault alone: its text might quote a value."""
    return f"it crashed: {type(_innermost(fault)).__name__}"


def _last_lines(fault: BaseException) -> str:
    """Where it happened, without what the fault says."""
    where = _innermost(fault).__traceback__ or fault.__traceback__
    frames = traceback.extract_tb(where)[-_LAST_LINES:]
    return "\n".join(f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames)
