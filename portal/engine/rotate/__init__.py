"""Rotation of one credential of one tenant: the new one is proven in running pods before the old one ends.

What is about to stand is recorded first, in a parameter of its own; every step after that may be repeated,
and the record names the versions it replaces, so that nobody else's change is overwritten.
"""

from portal.engine.rotate.application import rotate
from portal.engine.rotate.planning import plan_rotation, renewed_rotation

__all__ = ["plan_rotation", "renewed_rotation", "rotate"]
