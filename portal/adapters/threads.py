"""A small private pool of threads for calls that block, each with a deadline."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

DEFAULT_SIZE = 4
CLOSE_SECONDS = 2.0


class Threads:
    """An async context manager; leaving it drops queued calls and waits briefly for running ones.

    A thread cannot be stopped from outside: a call that outlives its deadline keeps its thread until the
    library's own timeout ends it, so every blocking call made here must have one.
    """

    def __init__(self, size: int = DEFAULT_SIZE, *, name: str = "portal") -> None:
        self._executor = ThreadPoolExecutor(max_workers=size, thread_name_prefix=name)
        self._running: set[Future[Any]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def call(self, fn: Callable[..., T], *args: object, timeout: float) -> T:  # noqa: ASYNC109 - the deadline also covers the wait for a free thread
        """`fn(*args)` on a thread of the pool; TimeoutError once `timeout` seconds passed.

        When the caller is cancelled, or the deadline passes, a call still queued never starts.
        """
        future: Future[T] = self._executor.submit(fn, *args)
        self._track(future)
        async with asyncio.timeout(timeout):
            return await asyncio.wrap_future(future)

    async def aclose(self, grace: float = CLOSE_SECONDS) -> None:
        """Drop what is queued, wait up to `grace` seconds for what runs. Safe to call twice."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        running = [asyncio.wrap_future(future) for future in tuple(self._running) if not future.done()]
        if running:
            done, left = await asyncio.wait(running, timeout=grace)
            for future in left:
                future.cancel()
            for future in done:
                # Whoever asked for it has left; looked at here, so that nothing reports it as lost.
                _ = future.cancelled() or future.exception()

    def _track(self, future: "Future[Any]") -> None:
        self._running.add(future)
        future.add_done_callback(self._running.discard)
