"""The parts of a world: contexts opened side by side, watched while they last, closed stage by stage."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

T = TypeVar("T")
_CLOSE_SECONDS = 2.0


class Parts:
    """Each part is entered and left by a task of its own, so that any number may come up at once.

    Parts of a later stage are closed before those of an earlier one; within a stage, all at once.
    """

    def __init__(self) -> None:
        self._stages: dict[int, list[_Part]] = {}
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def open(self, name: str, manager: AbstractAsyncContextManager[T], *, stage: int) -> T:
        """Enter `manager`, keep it open until `close`; raises what entering raised."""
        ready: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        part = _Part(name)
        part.start(self._hold(manager, ready, part.release), self._ended)
        self._stages.setdefault(stage, []).append(part)
        return await ready

    def run(self, name: str, work: Coroutine[Any, Any, None], *, stage: int) -> None:
        """Run `work`, which is to last as long as the world, until `close`."""
        part = _Part(name, endless=True)
        part.start(work, self._ended)
        self._stages.setdefault(stage, []).append(part)

    async def failure(self) -> None:
        """Return never; raise what broke a part, or that one ended which should not have."""
        await asyncio.shield(self._failed)

    async def close_stage(self, stage: int) -> None:
        """Leave every part of one stage; what does not let go in time is cancelled."""
        await asyncio.gather(*(part.stop() for part in self._stages.pop(stage, [])))

    async def close(self) -> None:
        """Leave every part, the last stage first."""
        for stage in sorted(self._stages, reverse=True):
            await self.close_stage(stage)
        if self._failed.done():
            self._failed.exception()

    @staticmethod
    async def _hold(
        manager: AbstractAsyncContextManager[T], ready: "asyncio.Future[T]", release: asyncio.Event
    ) -> None:
        try:
            async with manager as value:
                if not ready.done():
                    ready.set_result(value)
                await release.wait()
        except BaseException as exc:
            if ready.done():
                raise
            ready.set_exception(exc)

    def _ended(self, part: "_Part", task: "asyncio.Task[None]") -> None:
        if part.stopping or self._failed.done() or task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._failed.set_exception(error)
        elif part.endless:
            self._failed.set_exception(RuntimeError(f"{part.name} ended while it was needed"))


class _Part:
    """One task and how to end it."""

    def __init__(self, name: str, *, endless: bool = False) -> None:
        self.name = name
        self.endless = endless
        self.release = asyncio.Event()
        self.stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(
        self, work: Coroutine[Any, Any, None], ended: "Callable[[_Part, asyncio.Task[None]], None]"
    ) -> None:
        self._task = asyncio.create_task(work, name=self.name)
        self._task.add_done_callback(lambda task: ended(self, task))

    async def stop(self) -> None:
        """Release it, cancel what lasts; errors of an ending part were told when they happened."""
        assert self._task is not None  # noqa: S101 - a part is started where it is made
        self.stopping = True
        self.release.set()
        if self.endless:
            self._task.cancel()
        await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
        if not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task], timeout=_CLOSE_SECONDS)
        if self._task.done() and not self._task.cancelled():
            self._task.exception()
