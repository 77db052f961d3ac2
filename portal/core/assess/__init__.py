"""The judgement of a tenant: pure rules from facets to a verdict, one small module per hop or family.

A hop is healthy only by facts its source holds now: a facet nobody could read yields unknown, never health.
Each hop is judged alone; `verdict` then finds the earliest broken one and names the rest as consequences.
"""

from portal.core.assess.orphans import Standing, orphans
from portal.core.assess.verdict import assess

__all__ = ["Standing", "assess", "orphans"]
