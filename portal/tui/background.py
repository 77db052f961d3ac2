"""Work that runs beside the screens, such as onboarding in a rehearsal."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from textual.message import Message

from portal.core.events import Progress, Stage
from portal.errors import InterruptedRun, told
from portal.tui.messages import ActivityEnded, ActivityMoved
from portal.tui.present.activity import Activity, Outcome

if TYPE_CHECKING:
    from portal.ports import Report

Work: TypeAlias = Callable[["Report"], Awaitable[None]]

KEPT_STEPS = 200


class Background:
    """One piece of work at a time: told step by step, stopped after its present step."""

    def __init__(self, work: Work | None, post: Callable[[Message], object]) -> None:
        self._work = work
        self._post = post
        self._task: asyncio.Task[None] | None = None
        self._steps: deque[Progress] = deque(maxlen=KEPT_STEPS)
        self._now: Progress | None = None
        self._outcome = Outcome.NONE
        self._fault = ""
        self.asked_to_stop = False
        """Whether the present work was stopped; its end may be told before the stop itself is."""

    @property
    def activity(self) -> Activity:
        """Where the work stands."""
        return Activity(self._outcome, self._now, tuple(self._steps), self._fault)

    @property
    def running(self) -> bool:
        return self._outcome in {Outcome.RUNNING, Outcome.STOPPING}

    def begin(self) -> None:
        """Start the work, where there is any."""
        if self._work is not None and self._task is None:
            self._outcome = Outcome.RUNNING
            self._task = asyncio.create_task(self._perform(self._work), name="background work")
            self._task.add_done_callback(self._over)

    def take(self, work: Work) -> bool:
        """Begin other work; False while some is under way."""
        if self.running:
            return False
        self._work, self._task, self._now, self._fault = work, None, None, ""
        self.asked_to_stop = False
        self._steps.clear()
        self.begin()
        self._post(ActivityMoved())
        return True

    def stop(self) -> None:
        """Ask the work to end after its present step; asked again, it ends at once."""
        if self._task is not None and self.running:
            self._outcome = Outcome.STOPPING
            self.asked_to_stop = True
            self._task.cancel()
            self._post(ActivityMoved())

    async def end(self) -> None:
        """Stop the work and wait for its end; a cancelled wait asks again."""
        self.stop()
        if self._task is not None and not self._task.done():
            try:
                await asyncio.wait([self._task])
            except asyncio.CancelledError:
                self._task.cancel()
                await asyncio.wait([self._task])
                raise

    async def _perform(self, work: Work) -> None:
        await work(self._report)

    def _report(self, step: Progress) -> None:
        self._now = step
        if step.stage is not Stage.STARTED:
            self._steps.append(step)
        self._post(ActivityMoved())

    def _over(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or isinstance(error, InterruptedRun):
            self._outcome = Outcome.STOPPED
        elif error is not None:
            self._outcome, self._fault = Outcome.FAILED, told(error)
        else:
            self._outcome = Outcome.DONE
        self._post(ActivityEnded())
