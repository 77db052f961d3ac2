"""Follow the live fleet for as long as the interface is open."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Protocol

from textual.message import Message

from portal.core.chain import FleetView
from portal.core.facets import TenantKey
from portal.errors import told
from portal.tui.messages import StreamEnded, ViewArrived

if TYPE_CHECKING:
    from portal.core.observed import Seen

FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 2.0, 60.0


class LiveFleet(Protocol):
    """What the interface needs of a `StatusSource`."""

    def changes(self) -> AsyncGenerator[FleetView, None]: ...

    def refresh(self) -> None: ...

    def seen(self, tenant: TenantKey) -> "Seen | None": ...

    def teams(self) -> Mapping[str, str]: ...


class Follower:
    """Turns views into messages; a stream that ends is begun again, later each time it fails at once."""

    def __init__(self, fleet: LiveFleet, post: Callable[[Message], object]) -> None:
        self._fleet = fleet
        self._post = post
        self._asked = asyncio.Event()
        self._streaming = False
        self._wait = FIRST_RETRY_SECONDS

    async def run(self) -> None:
        """Follow until cancelled."""
        while True:
            reason = await self._once()
            self._asked.clear()
            self._post(StreamEnded(reason, self._wait))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._wait):
                    await self._asked.wait()
            self._wait = min(self._wait * 2, LONGEST_RETRY_SECONDS)

    def refresh(self) -> None:
        """Ask every source again now, or begin again."""
        if self._streaming:
            self._fleet.refresh()
        self._asked.set()

    async def _once(self) -> str:
        """Why the stream ended."""
        reading = asyncio.create_task(self._read(), name="live fleet")
        try:
            await asyncio.wait([reading])
        finally:
            self._streaming = False
            reading.cancel()
            await asyncio.wait([reading])
        error = None if reading.cancelled() else reading.exception()
        return told(error) if error is not None else "the live view ended"

    async def _read(self) -> None:
        async with aclosing(self._fleet.changes()) as views:
            self._streaming = True
            async for view in views:
                self._wait = FIRST_RETRY_SECONDS
                self._post(ViewArrived(view))
