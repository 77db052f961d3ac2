"""Onboarding: plan from what is seen, apply step by step, rerun until the world is as asked.

A step is check, act, verify, journaled before and after; what already stands is kept, what is not ours
is never touched, and what is not known is never guessed. Secrets stand in Parameter Store before git
names them.
"""

from portal.engine.onboard.application import ApplyResult, apply
from portal.engine.onboard.planning import make_plan
from portal.engine.onboard.renewal import renewed, resumed
from portal.engine.saga.unfinished import Outlook, Unfinished, begun_spec, outlooks

__all__ = [
    "ApplyResult",
    "Outlook",
    "Unfinished",
    "apply",
    "begun_spec",
    "make_plan",
    "outlooks",
    "renewed",
    "resumed",
]
