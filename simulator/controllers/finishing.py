"""Give up a call only between its steps: a connection cancelled within its handshake is never closed."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

GRACE_SECONDS = 1.0
"""Real seconds a call may still take once its caller was cancelled."""


async def finished(work: Coroutine[Any, Any, T], dispose: Callable[[T], Awaitable[None]] | None = None) -> T:
    """What `work` gives. When the caller is cancelled, it may end first, and `dispose` gets what it gave."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=GRACE_SECONDS)
        if not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=GRACE_SECONDS)
        elif not task.cancelled() and task.exception() is None and dispose is not None:
            await dispose(task.result())
        raise
