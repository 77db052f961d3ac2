"""Real time, for `portal.ports.Clock`."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow; their zero means nothing."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Give the loop away for `seconds`."""
        await asyncio.sleep(seconds)
