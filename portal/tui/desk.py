"""What the interface may have done: plan, carry out, list what is unfinished."""

from collections.abc import Mapping
from typing import Protocol

from portal.core.comparing import Compared
from portal.core.facets import TenantKey
from portal.core.plan import Plan
from portal.core.secrets import Secret
from portal.engine.tenant_secrets import Revealed
from portal.ports import Report
from portal.tui.intents import Intent
from portal.tui.open_work import OpenWork


class Desk(Protocol):
    """Every call may raise a PortalError."""

    async def plan(self, intent: Intent) -> Plan:
        """What would be done; reads only."""

    async def carry_out(self, plan: Plan, inputs: Mapping[str, Secret], report: Report) -> None:
        """Do what the plan says, and raise when the tenant is not healthy afterwards."""

    async def unfinished(self) -> tuple[OpenWork, ...]:
        """What this machine has begun and not finished."""

    async def logs(self, tenant: TenantKey, pod: str, container: str) -> str:
        """The last lines of a container."""

    async def compare(self, tenant: TenantKey) -> tuple[Compared, ...]:
        """Parameter Store against the cluster, value by value; shows neither."""

    async def reveal(self, tenant: TenantKey, key: str, reason: str) -> Revealed:
        """One value, written down before it is fetched."""

    async def recheck(self, tenant: TenantKey) -> None:
        """Have ArgoCD compare the tenant with git now."""

    async def sync(self, tenant: TenantKey) -> None:
        """Have ArgoCD apply what git holds of the tenant."""

    def protects(self, environment: str) -> bool:
        """Whether a tenant's name has to be typed before it is changed."""

    @property
    def environments(self) -> tuple[str, ...]:
        """The environments the profile names."""
