"""The fleet as front ends see it: `ports.StatusSource`."""

import random
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from weakref import WeakSet

from portal.core.chain import FleetView, Verdict
from portal.core.facets import TenantKey
from portal.core.observed import Seen
from portal.core.stats import Stats
from portal.engine.fleet.live import Live
from portal.engine.fleet.observer import Observer
from portal.engine.fleet.sources import Sources, sites_of
from portal.ports import Clock, Cluster, Neon, Parameters, Storage, TenantsRepository
from portal.settings import Settings


class Fleet:
    """Looks on demand, or follows. Contacts nothing before it is asked."""

    def __init__(
        self,
        *,
        neon: Neon,
        parameters: Parameters,
        storage: Storage,
        cluster: Cluster,
        repository: TenantsRepository,
        clock: Clock,
        settings: Settings,
        clusters: Mapping[str, Cluster] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """`clusters` holds the cluster of each environment that has its own, `cluster` runs the rest."""
        self._sources = Sources(
            neon=neon,
            parameters=parameters,
            storage=storage,
            sites=sites_of(cluster, clusters or {}, settings.environments),
            repository=repository,
            clock=clock,
            settings=settings,
        )
        self._observer = Observer(self._sources)
        self._jitter = jitter
        self._followed: WeakSet[Live] = WeakSet()

    async def verdict(self, tenant: TenantKey) -> Verdict:
        """One tenant now, across all systems."""
        return await self._observer.verdict(tenant)

    def stats(self) -> Stats:
        """Of what is followed now, else of the last look."""
        live = next(iter(self._followed), None)
        return live.stats() if live is not None else self._observer.stats

    async def some(self, tenants: Collection[TenantKey]) -> FleetView:
        """Those of these tenants that there are, once."""
        return await self._observer.some(tenants)

    async def snapshot(self) -> FleetView:
        """Every tenant once."""
        return await self._observer.snapshot()

    def changes(self) -> AsyncGenerator[FleetView, None]:
        """Follow the fleet; close the iterator to stop."""
        live = Live(self._sources, self._jitter)
        self._followed.add(live)
        return live.views()

    def seen(self, tenant: TenantKey) -> Seen | None:
        """What a view that is followed holds of a tenant; None while nothing is followed."""
        return next((live.seen(tenant) for live in self._followed), None)

    def teams(self) -> Mapping[str, str]:
        """Team by service, as far as a view that is followed has read the repository."""
        return next((live.holdings.register.teams() for live in self._followed), {})

    def refresh(self) -> None:
        """Ask the sources of every view that is followed again now."""
        for live in self._followed:
            live.refresh()
