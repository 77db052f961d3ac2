"""Live state of the fleet: what every source was last seen to hold, and the verdicts that follow.

Nothing here writes to any system. Each source has its own reader, its own back-off and its own age; none
waits for another, and a lost source keeps its last facts, marked with their age.
"""

from portal.engine.fleet.fleet import Fleet
from portal.engine.fleet.observer import Observer

__all__ = ["Fleet", "Observer"]
