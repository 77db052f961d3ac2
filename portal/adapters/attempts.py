"""Work that many callers need done once: opening a client, reading a key, asking what a server offers."""

import asyncio
from collections.abc import Awaitable, Callable

from portal.errors import PortalError


class SharedAttempt:
    """One attempt at a time. Whoever waits for a turn while it fails shares the failure: a system that does
    not answer costs its callers one deadline together, not one each.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._failures = 0
        self._failure: Exception | None = None

    async def make(self, attempt: Callable[[], Awaitable[None]], *, unless: Callable[[], bool]) -> None:
        """Return once `unless` holds, by this attempt or by the one that was waited for."""
        seen = self._failures
        async with self._lock:
            if unless():
                return
            if self._failure is not None and self._failures != seen:
                raise self._failure
            try:
                await attempt()
            except (PortalError, TimeoutError) as exc:
                self._failures, self._failure = self._failures + 1, exc
                raise
