"""Calls counted in the gateway's log, once it has come as far as the world."""

from tests.e2e import truth
from tests.e2e.waiting import until
from tests.e2e.world import Live

SECONDS = 60.0


def made(live: Live, caller: str) -> int:
    """Calls of a caller so far. A log is written a moment after its calls, so one of the administrator's is
    waited for, which comes after them.
    """
    marks = _logged(live, "admin")
    truth.leases(live)
    until(lambda: _logged(live, "admin") > marks, SECONDS, "the log has come so far")
    return _logged(live, caller)


def _logged(live: Live, caller: str) -> int:
    return sum(call["caller"] == caller for call in live.calls())
