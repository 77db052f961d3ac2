"""The six words for health, and the value that carries one of them with its reason."""

from dataclasses import dataclass
from typing import Any

from simulator.controllers.kinds import Object

HEALTHY = "Healthy"
SUSPENDED = "Suspended"
PROGRESSING = "Progressing"
MISSING = "Missing"
DEGRADED = "Degraded"
UNKNOWN = "Unknown"
BEST_TO_WORST = (HEALTHY, SUSPENDED, PROGRESSING, MISSING, DEGRADED, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Health:
    """One of BEST_TO_WORST, and why."""

    status: str
    message: str = ""


def condition(obj: Object, kind: str) -> dict[str, Any]:
    """The condition of that type, empty when there is none."""
    for entry in (obj.get("status") or {}).get("conditions") or []:
        if entry.get("type") == kind:
            return dict(entry)
    return {}
