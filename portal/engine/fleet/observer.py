"""One look at one tenant, or at all of them: every source is asked once, side by side."""

import asyncio
from collections.abc import Iterable
from typing import Any

from portal.core.assess import assess
from portal.core.chain import FleetView, Verdict
from portal.core.cluster import KubeObject, Resource
from portal.core.facets import Facet, Present, Source, SourceState, TenantKey, Unknown
from portal.core.names import parameter_path
from portal.core.objects.crossplane import Composite, Reference
from portal.core.observed import BucketPlace
from portal.engine.fleet.health import state_of
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.kinds import Kind
from portal.engine.fleet.outside import read_bucket, read_keys, read_neon, read_parameters
from portal.engine.fleet.sources import Sources, read_repository
from portal.engine.fleet.table import Table
from portal.errors import NotFound, PortalError

# Kinds that are not read from the tenant's namespace.
_ARGOCD = {"applications", "generators"}
_BY_NAME = {"stores", "namespaces", "composites", "composed"}


class Observer:
    """Reads on demand; holds nothing between two looks."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def verdict(self, tenant: TenantKey) -> Verdict:
        """One tenant: lists of its namespace only."""
        holdings = Holdings.empty(self._sources.settings)
        look = _Look(self._sources, holdings)
        async with asyncio.TaskGroup() as group:
            group.create_task(look.git_then_namespace(tenant))
            group.create_task(look.neon_then_keys(tenant.environment, auth=True))
            group.create_task(look.parameters(tenant.environment, tenant.service))
        return _assessed(self._sources, holdings, tenant, {})

    async def snapshot(self) -> FleetView:
        """Every tenant: one list per kind and per source."""
        holdings = Holdings.empty(self._sources.settings)
        look = _Look(self._sources, holdings)
        async with asyncio.TaskGroup() as group:
            group.create_task(look.git())
            for table in holdings.tables.values():
                group.create_task(look.fill(table, None))
        tenants = sorted(holdings.tenants(), key=str)
        async with asyncio.TaskGroup() as group:
            for environment in {tenant.environment for tenant in tenants}:
                there = [tenant for tenant in tenants if tenant.environment == environment]
                asks = any(_asks_auth(holdings, tenant) for tenant in there)
                group.create_task(look.neon_then_keys(environment, auth=asks))
                group.create_task(look.parameters(environment))
            for bucket in {place for tenant in tenants if (place := _bucket(holdings, tenant))}:
                group.create_task(look.bucket(bucket))
        return FleetView(
            generated_at=self._sources.clock.now().isoformat(timespec="seconds"),
            sources=_states(self._sources, holdings),
            tenants=tuple(_assessed(self._sources, holdings, tenant, {}) for tenant in tenants),
        )


class _Look:
    """The readings that fill one set of holdings."""

    def __init__(self, sources: Sources, holdings: Holdings) -> None:
        self._sources = sources
        self._holdings = holdings

    async def git(self) -> None:
        facet = await read_repository(self._sources)
        self._holdings.git = facet
        if isinstance(facet, Present):
            self._holdings.register.learn(facet.value)

    async def git_then_namespace(self, tenant: TenantKey) -> None:
        """The namespace is known from the spec, or from the Application where git does not tell."""
        tables = self._holdings.tables
        async with asyncio.TaskGroup() as group:
            group.create_task(self.git())
            for name in _ARGOCD:
                argocd = self._sources.settings.platform.argocd_namespace
                group.create_task(self.fill(tables[name], argocd))
            store = self._sources.settings.platform.store_name
            group.create_task(self.fetch(tables["stores"], store))
        namespace = self._holdings.namespace(tenant)
        bucket = _bucket(self._holdings, tenant)
        if not namespace:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self.fetch(tables["namespaces"], namespace))
            for name in tables.keys() - _ARGOCD - _BY_NAME - {"claims"}:
                group.create_task(self.fill(tables[name], namespace))
            group.create_task(self._claims(namespace))
            if bucket:
                group.create_task(self.bucket(bucket))

    async def _claims(self, namespace: str) -> None:
        """Claims, then what they refer to, level by level."""
        tables = self._holdings.tables
        await self.fill(tables["claims"], namespace)
        for table in (tables["composites"], tables["composed"]):
            table.confirm(self._sources.clock.monotonic())
        for upper, lower in (("claims", "composites"), ("composites", "composed")):
            items: Iterable[Composite] = tables[upper].items()
            references = [reference for item in items for reference in item.references]
            await self._follow(references, tables[lower])

    async def _follow(self, references: list[Reference], table: Table) -> None:
        async with asyncio.TaskGroup() as group:
            for reference in references:
                if reference.kind == table.kind.kind:
                    group.create_task(self.fetch(table, reference.name))

    async def fill(self, table: Table, namespace: str | None) -> None:
        """A whole list into a table."""
        now = self._sources.clock.monotonic
        try:
            resource = await table.kind.discover(self._sources.cluster)
            if resource is None:
                table.missing(now())
                return
            listing = await self._list(resource, table.kind, namespace)
            table.replace(listing, now())
        except PortalError as exc:
            table.fail(exc, now())

    async def _list(self, resource: Resource, kind: Kind, namespace: str | None) -> Iterable[KubeObject]:
        within = namespace if resource.namespaced else None
        listing = await self._sources.cluster.list(
            resource, namespace=within, metadata_only=kind.metadata_only
        )
        return listing.items

    async def fetch(self, table: Table, name: str) -> None:
        """One cluster-scoped object into a table."""
        now = self._sources.clock.monotonic
        try:
            resource = await table.kind.discover(self._sources.cluster)
            if resource is None:
                table.missing(now())
                return
            table.upsert(await self._sources.cluster.get(resource, name), now())
        except NotFound:
            table.confirm(now())
        except PortalError as exc:
            table.fail(exc, now())

    async def neon_then_keys(self, environment: str, *, auth: bool) -> None:
        view = await read_neon(self._sources, environment)
        self._holdings.neon[environment] = view
        if auth:
            self._holdings.keys[environment] = await read_keys(self._sources, environment, view.branch)

    async def parameters(self, environment: str, service: str = "") -> None:
        """One environment's, or one tenant's and those the platform shares with it."""
        prefix = self._sources.settings.platform.parameter_prefix
        paths = [f"{prefix}/{environment}"]
        if service:
            paths = [parameter_path(prefix, environment, owner) for owner in (service, "platform")]
        self._holdings.parameters[environment] = await read_parameters(self._sources, *paths)

    async def bucket(self, place: BucketPlace) -> None:
        self._holdings.buckets[place] = await read_bucket(self._sources, place)


def _assessed(
    sources: Sources, holdings: Holdings, tenant: TenantKey, states: dict[Source, SourceState]
) -> Verdict:
    moment = sources.moment()
    return assess(tenant, holdings.observe(tenant, states, moment.monotonic), moment)


def _asks_auth(holdings: Holdings, tenant: TenantKey) -> bool:
    needs, _ = holdings.register.needs(tenant)
    return needs is not None and needs.auth


def _bucket(holdings: Holdings, tenant: TenantKey) -> BucketPlace | None:
    needs, _ = holdings.register.needs(tenant)
    return needs.place if needs is not None and needs.bucket else None


def _states(sources: Sources, holdings: Holdings) -> tuple[SourceState, ...]:
    """One freshness line per source that was asked; a kind that is denied darkens only its own hop."""
    now = sources.clock.monotonic()
    neon = [facet for view in holdings.neon.values() for facet in view.facets]
    kinds: list[Facet[Any]] = [table.facet(now=now) for table in holdings.tables.values()]
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
