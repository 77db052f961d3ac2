"""How often Python looks for cycles: rarely, since what these processes hold by the ten thousand has none.

Stored and watched objects are trees of JSON. Python's own setting walks through all of them again and again
while a fleet grows, which is a sixth of the work of a controller.
"""

import gc

YOUNG, MIDDLE, OLD = 20_000, 20, 20


def seldom() -> None:
    """Have this process look for cycles among new objects less often, and among all of them seldom."""
    gc.set_threshold(YOUNG, MIDDLE, OLD)
