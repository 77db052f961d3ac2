"""Running endless coroutines for the length of a test, and waiting for conditions with a deadline."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

DEADLINE = 10.0


@asynccontextmanager
async def background(*endless: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines until the context ends; the first that fails fails the test."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in endless]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
