"""The portal's live view of a world, followed on a thread of its own while a test breaks and mends."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from types import TracebackType
from typing import Self

from portal.bootstrap import services, world_settings
from portal.core.chain import Verdict

_GOODBYE_SECONDS = 0.5


class Follower:
    """A context; `until` waits for a verdict of the one tenant."""

    def __init__(self, run_dir: Path, tenant: str) -> None:
        self._settings = world_settings(run_dir)
        self._tenant = tenant
        self._seen: Verdict | None = None
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
        self._thread.join(20)

    def _run(self) -> None:
        self._task = self._loop.create_task(self._follow())
        self._loop.run_until_complete(asyncio.wait([self._task]))
        # Connections that speak TLS say goodbye after they were closed.
        self._loop.run_until_complete(asyncio.sleep(_GOODBYE_SECONDS))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _follow(self) -> None:
        async with services(self._settings) as ports, aclosing(ports.status.changes()) as views:
            async for view in views:
                found = next((v for v in view.tenants if str(v.tenant) == self._tenant), None)
                with self._news:
                    self._seen = found
                    self._news.notify_all()

    def until(self, wanted: Callable[[Verdict], bool], seconds: float) -> Verdict:
        """The first verdict as wanted; fails with the last one."""
        with self._news:
            if self._news.wait_for(lambda: self._seen is not None and wanted(self._seen), seconds):
                assert self._seen is not None
                return self._seen
            seen = self._seen
        told = "nothing" if seen is None else f"{seen.state} at {seen.broken_hop}: {seen.cause}"
        raise AssertionError(f"seen after {seconds:.0f} s: {told}")
