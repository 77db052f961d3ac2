"""Tasks that outlive the call that began them and end with the service."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager


class Background:
    """Owns tasks while `running` lasts; an unexpected exception in one breaks that context at once."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._group = asyncio.TaskGroup()

    def spawn(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        task = self._group.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def abandon(self) -> None:
        """Cancel every task and return once none runs."""
        while self._tasks:
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Take tasks on; at the end those that still run are cancelled."""
        async with self._group:
            try:
                yield
            finally:
                await self.abandon()
