"""The one source of time of a world: wall time, passing `speed` times faster."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What every simulated system asks for the time; all durations are simulated seconds."""

    def now(self) -> datetime:
        """Simulated UTC time."""

    def monotonic(self) -> float:
        """Simulated seconds since an arbitrary start; never steps back."""

    async def sleep(self, seconds: float) -> None:
        """Return once that many simulated seconds have passed."""


class WallClock:
    """Real time, `speed` times faster; speed 1 is the wall clock itself."""

    def __init__(self, speed: float = 1.0) -> None:
        """Start at the present; raises ValueError unless speed is positive."""
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.speed = speed
        self._origin = datetime.now(UTC)
        self._start = time.monotonic()

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return (time.monotonic() - self._start) * self.speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)


def rfc3339(moment: datetime) -> str:
    """`2026-01-31T12:00:00Z`: whole seconds, as Kubernetes and Neon print times."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
