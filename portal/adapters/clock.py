"""Real time, for `portal.ports.Clock`."""

import asyncio
import time
from datetime import UTC, datetime

# Where the usual monotonic clock stands still while a laptop sleeps, what was seen before would look fresh.
_BOOT = getattr(time, "CLOCK_BOOTTIME", None)


def _since_boot() -> float:
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that only ever grow, also while the machine sleeps; their zero means nothing."""
        return _since_boot()

    async def sleep(self, seconds: float) -> None:
        """Give the loop away for `seconds`."""
        await asyncio.sleep(seconds)
