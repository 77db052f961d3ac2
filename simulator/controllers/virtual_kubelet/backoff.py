"""How long a container that ended waits before it is started again."""

FIRST, LAST = 10.0, 300.0
RESET_AFTER = 600.0


class Backoff:
    """The first restart comes at once, later ones after 10 s, 20 s, … 300 s, until one ran 10 minutes."""

    def __init__(self) -> None:
        self._failures = 0

    def next(self, ran_seconds: float) -> float:
        """Simulated seconds to wait after a run of that length."""
        if ran_seconds >= RESET_AFTER:
            self._failures = 0
        failures = self._failures
        self._failures = min(failures + 1, 16)
        return 0.0 if failures == 0 else float(min(LAST, FIRST * 2 ** (failures - 1)))


def text(seconds: float) -> str:
    """As Go prints a duration: `10s`, `1m20s`, `5m0s`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"
