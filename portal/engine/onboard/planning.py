"""Observe, then decide."""

from dataclasses import dataclass, replace

from portal.core.plan import Plan
from portal.core.spec import ServiceSpec
from portal.engine.onboard.decide import decide
from portal.engine.onboard.observe import Seen, observe
from portal.engine.world import Ports


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and the facts it was made from."""

    plan: Plan
    seen: Seen


async def prepare(ports: Ports, spec: ServiceSpec, environment: str) -> Prepared:
    """Plan and facts; reads only. What the profile's policy does not allow is among the refusals."""
    seen = await observe(ports, spec, environment)
    plan = decide(spec, seen)
    violations = ports.settings.policy.violations(seen.spec)
    return Prepared(replace(plan, refusals=(*violations, *plan.refusals)), seen)


async def make_plan(ports: Ports, spec: ServiceSpec, environment: str) -> Plan:
    """What would be done for one service in one environment; reads only, and never the value of a secret.

    Raises UsageError where the specification or the profile lacks the environment.
    """
    return (await prepare(ports, spec, environment)).plan
