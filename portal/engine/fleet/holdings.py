"""All that is held of every source at one time, and one tenant's part of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from portal.core.assess import Standing, orphans
from portal.core.chain import Orphan
from portal.core.facets import Facet, NeverLoaded, Present, Source, SourceState, TenantKey
from portal.core.observed import BucketPlace, KeySet, Needs, Place, TenantObservation
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.engine.fleet.cluster_view import ClusterView
from portal.engine.fleet.outside import NeonView, Parameters
from portal.engine.fleet.sources import Sources, select
from portal.engine.fleet.table import Audience, Table
from portal.engine.fleet.tenants import Register
from portal.settings import EnvironmentSettings, Settings

T = TypeVar("T")

_UNREAD_GIT: Facet[RepositorySnapshot] = NeverLoaded(Source.GIT)


@dataclass(slots=True)
class Holdings:
    """Filled by readers; read by `observe`. Maps are by environment, `clusters` by site, buckets by provider
    and name.
    """

    settings: Settings
    register: Register
    clusters: dict[str, ClusterView]
    site_by_environment: Mapping[str, str]
    nowhere: ClusterView
    git: Facet[RepositorySnapshot] = _UNREAD_GIT
    neon: dict[str, NeonView] = field(default_factory=dict)
    parameters: dict[str, Facet[Parameters]] = field(default_factory=dict)
    buckets: dict[BucketPlace, Facet[bool]] = field(default_factory=dict)
    keys: dict[str, Facet[KeySet]] = field(default_factory=dict)
    _places: dict[tuple[str, str], Place] = field(default_factory=dict)

    @classmethod
    def empty(cls, sources: Sources, audience: Audience | None = None) -> "Holdings":
        """Nothing read yet; `audience` hears of everything that differs in a cluster."""
        settings = sources.settings
        register = Register(settings)
        views = {
            site.name: ClusterView.empty(site.name, register, settings.platform, audience)
            for site in sources.sites
        }
        by_environment = {name: site.name for site in sources.sites for name in site.environments}
        nowhere = ClusterView.empty("", register, settings.platform, None)
        return cls(settings, register, views, by_environment, nowhere)

    def cluster(self, environment: str) -> ClusterView:
        """What is held of the cluster that runs an environment."""
        return self.clusters.get(self.site_by_environment.get(environment, ""), self.nowhere)

    def tables(self) -> Iterator[Table]:
        """Every table of every cluster."""
        for view in self.clusters.values():
            yield from view.tables.values()

    def tenants(self) -> set[TenantKey]:
        """The union of the repository's tenants and the clusters'."""
        found = self.register.in_repository()
        for view in self.clusters.values():
            for application in view.applications():
                tenant = self.register.of_application(application)
                if tenant is not None and self.cluster(tenant.environment) is view:
                    found.add(tenant)
        return found

    def namespace(self, tenant: TenantKey) -> str:
        """Where the tenant lives: by its spec, its config.yaml, or its Application's destination."""
        needs, _ = self.register.needs(tenant)
        if needs is not None:
            return needs.namespace
        folder = self.register.folders.get(tenant.service)
        config = folder.overlays.get(self.register.overlay(tenant)) if folder is not None else None
        if config is not None and isinstance(config.get("namespace"), str):
            return str(config["namespace"])
        application = self.cluster(tenant.environment).application(tenant)
        return application.destination if application is not None else ""

    def sizes(self) -> dict[str, int]:
        """How many of each kind of thing are held."""
        found = Counter({"tenants": len(self.register.folders)})
        for table in self.tables():
            found[table.kind.kind] += len(table)
        for facet in self.parameters.values():
            found["parameters"] += len(facet.value) if isinstance(facet, Present) else 0
        for view in self.neon.values():
            for name, held in (("Neon roles", view.roles), ("Neon databases", view.databases)):
                found[name] += len(held.value) if isinstance(held, Present) else 0
        return {name: count for name, count in found.items() if count}

    def orphans(self) -> Iterator[Orphan]:
        """What no tenant claims, by what is held; nothing is said while the repository is not known."""
        if not isinstance(self.git, Present):
            return
        by_environment: dict[str, dict[str, Needs | None]] = {}
        for tenant in self.tenants():
            needs, _ = self.register.needs(tenant)
            by_environment.setdefault(tenant.environment, {})[tenant.service] = needs
        for environment in sorted(self.settings.environments):
            neon = self.neon.get(environment, NeonView())
            parameters = self.parameters.get(environment)
            held = Standing(
                frozenset(parameters.value) if isinstance(parameters, Present) else frozenset(),
                frozenset(neon.roles.value) if isinstance(neon.roles, Present) else frozenset(),
                frozenset(neon.databases.value) if isinstance(neon.databases, Present) else frozenset(),
            )
            prefix = self.settings.platform.parameter_prefix
            yield from orphans(environment, prefix, held, by_environment.get(environment, {}))

    def observe(
        self, tenant: TenantKey, sources: Mapping[Source, SourceState], now: float
    ) -> TenantObservation:
        """One tenant's part of everything."""
        needs, faults = self.register.needs(tenant)
        namespace = self.namespace(tenant)
        neon = self.neon.get(tenant.environment, NeonView())
        view = self.cluster(tenant.environment)
        return TenantObservation(
            folder=self._folder(tenant),
            needs=needs,
            spec_faults=faults,
            committed_at=self.register.committed_at,
            place=self._place(tenant),
            branch=neon.branch,
            endpoints=neon.endpoints,
            operations=neon.operations,
            roles=select(neon.roles, lambda found: _named(found, needs.role if needs else "")),
            databases=select(neon.databases, lambda found: _named(found, needs.database if needs else "")),
            parameters=self.parameters.get(tenant.environment, NeverLoaded(Source.SSM)),
            store=view.one("stores", "", self.settings.platform.store_name, now),
            local_stores=view.mine("local_stores", namespace, now),
            external_secrets=view.mine("external_secrets", namespace, now),
            secrets=view.mine("secrets", namespace, now),
            claims=view.mine("claims", namespace, now),
            composites=view.composites(namespace, needs, now),
            application=view.application_facet(tenant, now),
            generators=view.tables["generators"].facet(now=now),
            namespace=view.one("namespaces", "", namespace, now),
            deployments=view.mine("deployments", namespace, now),
            replica_sets=view.mine("replica_sets", namespace, now),
            stateful_sets=view.mine("stateful_sets", namespace, now),
            jobs=view.mine("jobs", namespace, now),
            pods=view.mine("pods", namespace, now),
            events=view.mine("events", namespace, now),
            services=view.mine("services", namespace, now),
            volumes=view.mine("volumes", namespace, now),
            auth=self.keys.get(tenant.environment, NeverLoaded(Source.AUTH)),
            bucket=self._bucket(needs),
            sources=sources,
        )

    def _folder(self, tenant: TenantKey) -> Facet[TenantFolder]:
        return select(self.git, lambda found: found.tenants.get(tenant.service))

    def _bucket(self, needs: Needs | None) -> Facet[bool]:
        return self.buckets.get(needs.place if needs else ("", ""), NeverLoaded(Source.STORAGE))

    def _place(self, tenant: TenantKey) -> Place:
        overlay = self.register.overlay(tenant)
        known = self._places.get((tenant.environment, overlay))
        if known is None:
            known = self._places[tenant.environment, overlay] = self._place_of(tenant.environment, overlay)
        return known

    def _place_of(self, environment: str, overlay: str) -> Place:
        platform = self.settings.platform
        where = self.settings.environments.get(environment, EnvironmentSettings("", ""))
        return Place(
            project=where.neon_project,
            branch=where.neon_branch,
            store=platform.store_name,
            argocd=platform.argocd_namespace,
            claim_kind=platform.claim_kind,
            claim_plural=f"{platform.claim_kind.lower()}s",
            overlay=overlay,
            neon_url=self.settings.neon.url,
        )


def _named(held: Mapping[str, T], name: str) -> tuple[T, ...]:
    """The tenant's own out of a branch's hundreds."""
    found = held.get(name)
    return () if found is None else (found,)
