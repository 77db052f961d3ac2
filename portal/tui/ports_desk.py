"""The desk over the ports of one profile; the engine does the work.

The ports come when they are open: the interface paints before anything is connected, and this module is
imported by whoever opens them.
"""

from collections.abc import Callable, Mapping

from portal.core.comparing import Compared
from portal.core.facets import TenantKey
from portal.core.plan import Operation, Plan
from portal.core.secrets import Secret
from portal.engine.offboard import offboard, plan_offboarding
from portal.engine.onboard import apply, begun_spec, make_plan, outlooks
from portal.engine.rotate import plan_rotation, rotate
from portal.engine.syncing import recheck, sync
from portal.engine.tenant_secrets import Revealed, compare, reveal
from portal.engine.world import Ports
from portal.errors import PortalError, RefusedError
from portal.ports import Report
from portal.tui.intents import Intent, Offboard, Onboard, Resume, Rotate
from portal.tui.open_work import OpenWork
from portal.tui.unfinished import open_work

LOG_LINES = 500


class PortsDesk:
    """Over the ports of one profile; `opened` returns None while they are not open."""

    def __init__(self, opened: Callable[[], Ports | None]) -> None:
        self._opened = opened

    async def plan(self, intent: Intent) -> Plan:
        ports = self._ports
        match intent:
            case Onboard(spec, environment):
                return await make_plan(ports, spec, environment)
            case Rotate(tenant, key):
                return await plan_rotation(ports, tenant, key)
            case Offboard(tenant):
                return await plan_offboarding(ports, tenant)
            case Resume(tenant):
                spec = await begun_spec(ports.journal, tenant)
                return await make_plan(ports, spec, tenant.environment)

    async def carry_out(self, plan: Plan, inputs: Mapping[str, Secret], report: Report) -> None:
        ports = self._ports
        if ports.settings.read_only:
            raise RefusedError("read-only mode: nothing is changed", operation=str(plan.operation))
        await ports.audit.ready()
        if plan.operation is Operation.ROTATE:
            await rotate(ports, plan, inputs, report)
        elif plan.operation is Operation.OFFBOARD:
            await offboard(ports, plan, report)
        elif plan.operation is Operation.ONBOARD:
            verdict = (await apply(ports, plan.spec, plan, inputs, report)).verdict
            if verdict.broken_hop is not None:
                raise PortalError(f"{verdict.tenant} is {verdict.state}: {verdict.cause}", hint=verdict.fix)
        else:
            raise RefusedError("the interface does not do this", hint="Use the command line")

    async def unfinished(self) -> tuple[OpenWork, ...]:
        return open_work(await outlooks(self._ports.journal))

    async def logs(self, tenant: TenantKey, pod: str, container: str) -> str:
        ports = self._ports
        seen = ports.status.seen(tenant)
        needs = seen.observation.needs if seen is not None else None
        if needs is None:
            raise PortalError(f"the namespace of {tenant} is not known", hint="Wait until git was read")
        cluster = ports.cluster_of(tenant.environment)
        return await cluster.logs(needs.namespace, pod, container=container, tail=LOG_LINES)

    async def compare(self, tenant: TenantKey) -> tuple[Compared, ...]:
        await self._ports.audit.ready()
        return await compare(self._ports, tenant)

    async def reveal(self, tenant: TenantKey, key: str, reason: str) -> Revealed:
        await self._ports.audit.ready()
        return await reveal(self._ports, tenant, key, reason)

    async def recheck(self, tenant: TenantKey) -> None:
        await self._ports.audit.ready()
        await recheck(self._ports, tenant)

    async def sync(self, tenant: TenantKey) -> None:
        await self._ports.audit.ready()
        await sync(self._ports, tenant)

    def protects(self, environment: str) -> bool:
        return self._ports.settings.policy.protects(environment)

    @property
    def environments(self) -> tuple[str, ...]:
        return tuple(self._ports.settings.environments)

    @property
    def _ports(self) -> Ports:
        ports = self._opened()
        if ports is None:
            raise PortalError("nothing is connected yet", hint="Wait a moment, then try again")
        return ports
