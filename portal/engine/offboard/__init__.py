"""Take a tenant down in the reverse of the order it was brought up: git, cluster, parameters, database last.

Nothing is taken from a later system before it is seen to be gone from the earlier one, only what carries the
portal's mark is taken, and the last value of every parameter is kept.
"""

from portal.engine.offboard.application import offboard
from portal.engine.offboard.planning import plan_offboarding

__all__ = ["offboard", "plan_offboarding"]
