"""One look at some tenants, or at all of them; nothing but counts is held between two looks."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from portal.core.assess import assess
from portal.core.chain import FleetView, Verdict
from portal.core.facets import Facet, Present, Source, SourceState, TenantKey, Unknown
from portal.core.stats import Stats
from portal.engine.fleet.health import state_of
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.look import Look, bucket_of
from portal.engine.fleet.sources import Sources

# A tenant alone is read by its own namespace; from here on whole lists are cheaper.
FEW = 4


class Observer:
    """Reads on demand."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self.stats = Stats()

    async def verdict(self, tenant: TenantKey) -> Verdict:
        """One tenant, whether or not anybody else knows of it."""
        holdings = Holdings.empty(self._sources)
        await self._read([tenant], holdings)
        return self._assessed(holdings, tenant)

    async def some(self, tenants: Iterable[TenantKey]) -> FleetView:
        """Those of the tenants that are in the repository or in a cluster: by lists of their namespaces
        where they are few, out of everything where they are many.
        """
        wanted = sorted(set(tenants), key=str)
        if len(wanted) >= FEW:
            view = await self.snapshot()
            return FleetView(
                view.generated_at, view.sources, tuple(v for v in view.tenants if v.tenant in wanted)
            )
        holdings = Holdings.empty(self._sources)
        await self._read(wanted, holdings)
        known = holdings.tenants()
        return self._view(holdings, [tenant for tenant in wanted if tenant in known])

    async def snapshot(self) -> FleetView:
        """Every tenant: one list per kind and per source."""
        holdings = Holdings.empty(self._sources)
        look = Look(self._sources, holdings)
        async with asyncio.TaskGroup() as group:
            git = group.create_task(look.git())
            for site in self._sources.sites:
                group.create_task(look.everything_in(site.name, site.cluster))
        tenants = sorted(holdings.tenants(), key=str)
        async with asyncio.TaskGroup() as group:
            for environment in {tenant.environment for tenant in tenants}:
                there = [tenant for tenant in tenants if tenant.environment == environment]
                group.create_task(look.neon(environment, there, git))
                group.create_task(look.parameters(environment))
            for bucket in {place for tenant in tenants if (place := bucket_of(holdings, tenant))}:
                group.create_task(look.bucket(bucket))
        return replace(self._view(holdings, tenants), orphans=tuple(holdings.orphans()))

    async def _read(self, tenants: list[TenantKey], holdings: Holdings) -> None:
        """Everything about a few tenants, side by side."""
        look = Look(self._sources, holdings)
        async with asyncio.TaskGroup() as group:
            git = group.create_task(look.git({tenant.service for tenant in tenants}))
            for tenant in tenants:
                group.create_task(look.tenant(tenant, git))
            for environment in {tenant.environment for tenant in tenants}:
                there = [tenant for tenant in tenants if tenant.environment == environment]
                group.create_task(look.neon(environment, there, git))
                group.create_task(look.parameters(environment, {tenant.service for tenant in there}))

    def _view(self, holdings: Holdings, tenants: list[TenantKey]) -> FleetView:
        self.stats = Stats(holdings.sizes())
        return FleetView(
            generated_at=self._sources.clock.now().isoformat(timespec="seconds"),
            sources=_states(self._sources, holdings),
            tenants=tuple(self._assessed(holdings, tenant) for tenant in tenants),
        )

    def _assessed(self, holdings: Holdings, tenant: TenantKey) -> Verdict:
        moment = self._sources.moment()
        return assess(tenant, holdings.observe(tenant, {}, moment.monotonic), moment)


def _states(sources: Sources, holdings: Holdings) -> tuple[SourceState, ...]:
    """One freshness line per source that was asked; a kind that is denied darkens only its own hop."""
    now = sources.clock.monotonic()
    neon = [facet for view in holdings.neon.values() for facet in view.facets]
    kinds: list[Facet[Any]] = [table.facet_of(lambda: True, now=now) for table in holdings.tables()]
    read = [facet for facet in kinds if isinstance(facet, Present)]
    lost = [facet for facet in kinds if isinstance(facet, Unknown)]
    states = [
        state_of(Source.GIT, [holdings.git], now),
        state_of(Source.NEON, neon, now),
        state_of(Source.SSM, holdings.parameters.values(), now),
        state_of(Source.KUBERNETES, [*lost, *read] or kinds, now),
    ]
    if holdings.buckets:
        states.append(state_of(Source.STORAGE, holdings.buckets.values(), now))
    if holdings.keys:
        states.append(state_of(Source.AUTH, holdings.keys.values(), now))
    return tuple(states)
