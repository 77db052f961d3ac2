"""A gate all gateways of a world share: while it is shut, calls wait before anything is done for them."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, contextmanager

_DRAIN_SECONDS = 2.0


class Gate:
    """Open at first. Streams pass it once, when they begin."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    async def opened(self) -> None:
        """Return once calls may pass."""
        await self._open.wait()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Count one call that will be answered."""
        self._inside += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def shut(self) -> AsyncGenerator[None]:
        """Let nobody in; begins when those inside were answered, or after a moment."""
        self._open.clear()
        try:
            try:
                async with asyncio.timeout(_DRAIN_SECONDS):
                    await self._empty.wait()
            except TimeoutError:
                pass
            yield
        finally:
            self._open.set()
