"""The readings of one look, which fill a set of holdings; every source is asked once, side by side."""

import asyncio
from collections.abc import Collection, Iterable

from portal.core.facets import Present, TenantKey
from portal.core.names import parameter_path
from portal.core.objects.crossplane import Composite
from portal.core.observed import BucketPlace
from portal.engine.fleet.cluster_view import ClusterView
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.outside import read_bucket, read_keys, read_neon, read_parameters
from portal.engine.fleet.sources import Sources, read_repository
from portal.engine.fleet.table import Table
from portal.errors import NotFound, PortalError
from portal.ports import Cluster

# Kinds that are not listed in the tenant's own namespace.
_BY_NAME = {"applications", "stores", "namespaces", "composites", "composed"}
_ARGOCD = {"generators"}


class Look:
    """Each method reads one thing; a failure is kept as what was seen."""

    def __init__(self, sources: Sources, holdings: Holdings) -> None:
        self._sources = sources
        self._holdings = holdings

    async def git(self, services: Collection[str] = ()) -> None:
        """The tenants repository, or what it holds of some services."""
        facet = await read_repository(self._sources, services)
        self._holdings.git = facet
        if isinstance(facet, Present):
            self._holdings.register.learn(facet.value)

    async def everything_in(self, site: str, cluster: Cluster) -> None:
        """One list per kind of a cluster, then one per kind of composed objects that they lead to."""
        view = self._holdings.clusters[site]
        async with asyncio.TaskGroup() as group:
            for table in tuple(view.tables.values()):
                group.create_task(self._fill(cluster, table, None))
        async with asyncio.TaskGroup() as group:
            for item in tuple(view.tables["composites"].items()):
                for table in view.new_composed(item):
                    group.create_task(self._fill(cluster, table, None))

    async def tenant(self, tenant: TenantKey, git: "asyncio.Task[None]") -> None:
        """One tenant's objects. Its namespace is known from the repository, which `git` is reading, or from
        its Application where that does not tell.
        """
        site = self._sources.site_of(tenant.environment)
        if site is None:
            return
        view, cluster = self._holdings.clusters[site.name], site.cluster
        platform = self._sources.settings.platform
        async with asyncio.TaskGroup() as group:
            group.create_task(self._application(cluster, view, tenant))
            group.create_task(self._fill(cluster, view.tables["generators"], platform.argocd_namespace))
            group.create_task(self._fetch(cluster, view.tables["stores"], platform.store_name))
        await git
        namespace = self._holdings.namespace(tenant)
        if namespace:
            await self._namespace(cluster, view, tenant, namespace)

    async def _namespace(
        self, cluster: Cluster, view: ClusterView, tenant: TenantKey, namespace: str
    ) -> None:
        bucket = bucket_of(self._holdings, tenant)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._fetch(cluster, view.tables["namespaces"], namespace))
            for name in view.tables.keys() - _ARGOCD - _BY_NAME - {"claims"}:
                group.create_task(self._fill(cluster, view.tables[name], namespace))
            group.create_task(self._claims(cluster, view, namespace))
            if bucket:
                group.create_task(self.bucket(bucket))

    async def _application(self, cluster: Cluster, view: ClusterView, tenant: TenantKey) -> None:
        """By its label, then by its name: a fleet has thousands of them."""
        table = view.tables["applications"]
        namespace = self._sources.settings.platform.argocd_namespace
        await self._fill(cluster, table, namespace, selector=f"tenant={tenant.service}")
        if view.application(tenant) is None and table.error is None and table.installed:
            await self._fetch(cluster, table, tenant.service, namespace)

    async def _claims(self, cluster: Cluster, view: ClusterView, namespace: str) -> None:
        """Claims, then what they refer to, level by level."""
        tables = view.tables
        await self._fill(cluster, tables["claims"], namespace)
        for table in (tables["composites"], tables["composed"]):
            table.confirm(self._sources.clock.monotonic())
        await self._follow(cluster, view, tables["claims"].items())
        await self._follow(cluster, view, tables["composites"].items())

    async def _follow(self, cluster: Cluster, view: ClusterView, items: Iterable[Composite]) -> None:
        """Fetch what these refer to; kinds that carry no conditions of Crossplane's are passed over."""
        now = self._sources.clock.monotonic()
        async with asyncio.TaskGroup() as group:
            for item in tuple(items):
                for table in view.new_composed(item):
                    table.confirm(now)
                for reference in item.references:
                    found = view.table_of(reference)
                    if found is not None:
                        namespace = item.meta.namespace or None
                        group.create_task(self._fetch(cluster, found, reference.name, namespace))

    async def _fill(
        self, cluster: Cluster, table: Table, namespace: str | None, *, selector: str = ""
    ) -> None:
        """A whole list into a table."""
        now, kind = self._sources.clock.monotonic, table.kind
        try:
            resource = await kind.discover(cluster)
            if resource is None:
                table.missing(now())
                return
            within = namespace if resource.namespaced else None
            listing = await cluster.list(
                resource, namespace=within, label_selector=selector, metadata_only=kind.metadata_only
            )
            table.merge(kind.shaped(listing.items), now())
        except PortalError as exc:
            table.fail(exc, now())

    async def _fetch(self, cluster: Cluster, table: Table, name: str, namespace: str | None = None) -> None:
        """One object into a table."""
        now = self._sources.clock.monotonic
        try:
            resource = await table.kind.discover(cluster)
            if resource is None:
                table.missing(now())
                return
            within = namespace if resource.namespaced else None
            table.upsert(await cluster.get(resource, name, namespace=within), now())
        except NotFound:
            table.confirm(now())
        except PortalError as exc:
            table.fail(exc, now())

    async def neon(self, environment: str, tenants: Iterable[TenantKey], git: "asyncio.Task[None]") -> None:
        """The branch of an environment, and its Neon Auth where one of the tenants asks for it, which is
        known once `git` has been read.
        """
        view = await read_neon(self._sources, environment)
        self._holdings.neon[environment] = view
        await git
        if any(asks_auth(self._holdings, tenant) for tenant in tenants):
            self._holdings.keys[environment] = await read_keys(self._sources, environment, view.branch)

    async def parameters(self, environment: str, services: Iterable[str] = ()) -> None:
        """One environment's, or those of some services and those the platform shares with them."""
        prefix = self._sources.settings.platform.parameter_prefix
        owners = sorted(services)
        paths = [parameter_path(prefix, environment, owner) for owner in (*owners, "platform")]
        whole = [f"{prefix}/{environment}"]
        found = await read_parameters(self._sources, *(paths if owners else whole))
        self._holdings.parameters[environment] = found

    async def bucket(self, place: BucketPlace) -> None:
        """Whether a bucket is there."""
        self._holdings.buckets[place] = await read_bucket(self._sources, place)


def asks_auth(holdings: Holdings, tenant: TenantKey) -> bool:
    """Whether a tenant asks for Neon Auth."""
    needs, _ = holdings.register.needs(tenant)
    return needs is not None and needs.auth


def bucket_of(holdings: Holdings, tenant: TenantKey) -> BucketPlace | None:
    """The bucket a tenant asks for."""
    needs, _ = holdings.register.needs(tenant)
    return needs.place if needs is not None and needs.bucket else None
