"""Observe, then decide."""

from dataclasses import dataclass

from portal.core.facets import TenantKey
from portal.core.plan import Plan
from portal.engine.offboard.decide import decide
from portal.engine.offboard.observe import Seen, observe
from portal.engine.world import Ports


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and the facts it was made from."""

    plan: Plan
    seen: Seen


async def prepare(ports: Ports, tenant: TenantKey, *, keep_database: bool) -> Prepared:
    """Plan and facts; reads only."""
    seen = await observe(ports, tenant)
    return Prepared(decide(seen, keep_database=keep_database), seen)


async def plan_offboarding(ports: Ports, tenant: TenantKey, *, keep_database: bool = False) -> Plan:
    """What taking a tenant down would do, or what is left of it. Reads only, and no secret's value.

    Raises RefusedError for what is no tenant of the portal's.
    """
    return (await prepare(ports, tenant, keep_database=keep_database)).plan
