"""All that is held of every source at one time, and one tenant's part of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from portal.core.facets import Absent, Facet, NeverLoaded, Present, Source, SourceState, TenantKey
from portal.core.objects.argo import Application
from portal.core.objects.crossplane import Composite
from portal.core.observed import BucketPlace, KeySet, Needs, Place, TenantObservation
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.engine.fleet.kinds import kinds_of
from portal.engine.fleet.outside import NeonView, Parameters
from portal.engine.fleet.sources import select
from portal.engine.fleet.table import Audience, Table
from portal.engine.fleet.tenants import Register
from portal.settings import EnvironmentSettings, Settings

T = TypeVar("T")

_UNREAD_GIT: Facet[RepositorySnapshot] = NeverLoaded(Source.GIT)
_DEEPEST = 6


@dataclass(slots=True)
class Holdings:
    """Filled by readers; read by `observe`. Maps are by environment, buckets by provider and name."""

    settings: Settings
    register: Register
    tables: dict[str, Table]
    git: Facet[RepositorySnapshot] = _UNREAD_GIT
    neon: dict[str, NeonView] = field(default_factory=dict)
    parameters: dict[str, Facet[Parameters]] = field(default_factory=dict)
    buckets: dict[BucketPlace, Facet[bool]] = field(default_factory=dict)
    keys: dict[str, Facet[KeySet]] = field(default_factory=dict)

    @classmethod
    def empty(cls, settings: Settings, audience: Audience | None = None) -> "Holdings":
        """Nothing read yet; `audience` hears of everything that differs."""
        tables = {kind.table: Table(kind, audience) for kind in kinds_of(settings.platform)}
        return cls(settings, Register(settings), tables)

    def tenants(self) -> set[TenantKey]:
        """The union of the repository's tenants and the cluster's."""
        found = self.register.in_repository()
        for application in self.tables["applications"].items():
            tenant = self.register.of_application(application)
            if tenant is not None:
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
        application = self._application(tenant)
        return application.destination if application is not None else ""

    def observe(
        self, tenant: TenantKey, sources: Mapping[Source, SourceState], now: float
    ) -> TenantObservation:
        """One tenant's part of everything."""
        needs, faults = self.register.needs(tenant)
        namespace = self.namespace(tenant)
        neon = self.neon.get(tenant.environment, NeonView())

        def mine(table: str) -> Facet[tuple[Any, ...]]:
            return self.tables[table].facet(namespace, now=now)

        return TenantObservation(
            folder=self._folder(tenant),
            needs=needs,
            spec_faults=faults,
            committed_at=self.register.committed_at,
            place=self._place(tenant),
            branch=neon.branch,
            endpoints=neon.endpoints,
            operations=neon.operations,
            roles=neon.roles,
            databases=neon.databases,
            parameters=self.parameters.get(tenant.environment, NeverLoaded(Source.SSM)),
            store=self._one("stores", "", self.settings.platform.store_name, now),
            external_secrets=mine("external_secrets"),
            secrets=mine("secrets"),
            claims=mine("claims"),
            composites=self._composites(namespace, needs, now),
            application=self._application_facet(tenant, now),
            generators=self.tables["generators"].facet(now=now),
            namespace=self._one("namespaces", "", namespace, now),
            deployments=mine("deployments"),
            replica_sets=mine("replica_sets"),
            stateful_sets=mine("stateful_sets"),
            jobs=mine("jobs"),
            pods=mine("pods"),
            events=mine("events"),
            services=mine("services"),
            volumes=mine("volumes"),
            auth=self.keys.get(tenant.environment, NeverLoaded(Source.AUTH)),
            bucket=self._bucket(needs),
            sources=sources,
        )

    def _folder(self, tenant: TenantKey) -> Facet[TenantFolder]:
        return select(self.git, lambda found: found.tenants.get(tenant.service))

    def _bucket(self, needs: Needs | None) -> Facet[bool]:
        return self.buckets.get(needs.place if needs else ("", ""), NeverLoaded(Source.STORAGE))

    def _place(self, tenant: TenantKey) -> Place:
        platform = self.settings.platform
        where = self.settings.environments.get(tenant.environment, EnvironmentSettings("", ""))
        return Place(
            project=where.neon_project,
            branch=where.neon_branch,
            store=platform.store_name,
            argocd=platform.argocd_namespace,
            claim_kind=platform.claim_kind,
            claim_plural=f"{platform.claim_kind.lower()}s",
            overlay=self.register.overlay(tenant),
            neon_url=self.settings.neon.url,
        )

    def _one(self, table: str, namespace: str, name: str, now: float) -> Facet[Any]:
        held = self.tables[table]
        return _among(held.facet(namespace, now=now), lambda: held.get(namespace, name))

    def _application_facet(self, tenant: TenantKey, now: float) -> Facet[Application]:
        everywhere = self.tables["applications"].facet(self.settings.platform.argocd_namespace, now=now)
        return _among(everywhere, lambda: self._application(tenant))

    def _application(self, tenant: TenantKey) -> Application | None:
        """The Application of the tenant's name that deploys its environment."""
        table = self.tables["applications"]
        named = table.get(self.settings.platform.argocd_namespace, tenant.service)
        if isinstance(named, Application) and self.register.of_application(named) in {tenant, None}:
            return named
        return next((found for found in table.items() if self.register.of_application(found) == tenant), None)

    def _composites(self, namespace: str, needs: Needs | None, now: float) -> Facet[tuple[Composite, ...]]:
        """What stands below the tenant's claim, by following references from it."""
        above = self.tables["composites"].facet(now=now)
        below = self.tables["composed"].facet(now=now)
        claim = self.tables["claims"].get(namespace, needs.cache) if needs is not None else None
        if not isinstance(above, Present) or claim is None:
            return above
        if not isinstance(below, Present | Absent):
            return below
        return Present(tuple(self._below(claim)), above.source, above.seen_at)

    def _below(self, top: Composite) -> Iterator[Composite]:
        level, seen = [top], {top.meta.name}
        for _ in range(_DEEPEST):
            children = [found for item in level for found in self._referenced(item)]
            level = [found for found in children if found.meta.name not in seen]
            seen |= {item.meta.name for item in level}
            yield from level

    def _referenced(self, item: Composite) -> Iterator[Composite]:
        for reference in item.references:
            for table in ("composites", "composed"):
                found = self.tables[table].get("", reference.name) or self.tables[table].get(
                    item.meta.namespace, reference.name
                )
                if isinstance(found, Composite) and found.meta.kind == reference.kind:
                    yield found


def _among(facet: Facet[Any], pick: Callable[[], T | None]) -> Facet[T]:
    """A facet over all as a facet over one of them, found without walking through all."""
    if not isinstance(facet, Present):
        return facet
    found = pick()
    if found is None:
        return Absent(facet.source, facet.seen_at)
    return Present(found, facet.source, facet.seen_at)
