"""What a plan allows, as Neon's documentation of plans has it."""

from dataclasses import dataclass

_HOUR, _DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Plan:
    """Counts are per project but for projects; `subscription` is the name billing has for the plan."""

    name: str
    subscription: str
    projects: int
    branches: int
    roots: int
    protected: int
    snapshots: int
    longest_retention: int
    consumption: bool
    roles: int = 500
    databases: int = 500
    endpoints: int = 5000
    active_endpoints: int = 20
    most_compute_units: float = 56.0


FREE = Plan("free", "free_v3", 100, 10, 3, 0, 1, 6 * _HOUR, consumption=False)
LAUNCH = Plan("launch", "launch_v3", 100, 5000, 5, 2, 10, 7 * _DAY, consumption=True)
SCALE = Plan("scale", "scale_v3", 1000, 5000, 25, 5, 10, 30 * _DAY, consumption=True)
