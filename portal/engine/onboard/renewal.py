"""Plans made earlier, looked at again: what is left of them now, and never more than was shown."""

from portal.core.plan import Plan
from portal.engine.onboard.planning import make_plan, prepare
from portal.engine.saga.agreement import refuse_more, refuse_stale
from portal.engine.world import Ports


async def resumed(ports: Ports, saved: Plan) -> Plan:
    """What a saved plan comes to now: itself, the rest of it where this machine has begun it, or nothing
    to do. Raises RefusedError where the world moved otherwise.
    """
    prepared = await prepare(ports, saved.spec, saved.tenant.environment)
    refuse_stale(saved, prepared.plan, prepared.seen.recollection)
    return prepared.plan


async def renewed(ports: Ports, shown: Plan) -> Plan:
    """A plan agreed to a moment ago, after other work of the same call: that may have done a part of it,
    such as values the environment shares. Raises RefusedError where it would do more than was shown.
    """
    fresh = await make_plan(ports, shown.spec, shown.tenant.environment)
    refuse_more(shown, fresh)
    return fresh
