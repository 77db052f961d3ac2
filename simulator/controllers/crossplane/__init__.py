"""Crossplane v1 with provider-kubernetes: a claim becomes a composite, its Objects, and what they hold.

The rules that turn one object into the next are pure functions of what was read; only the loops write. Each
level reports upward by its conditions, in Crossplane's own words, and is deleted from the top down.
"""

from simulator.controllers.crossplane.engine import run

__all__ = ["run"]
