"""What is held of one cluster: a table per kind, and the objects of one tenant found in them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from portal.core.facets import Absent, Facet, Present, TenantKey
from portal.core.objects.argo import Application
from portal.core.objects.crossplane import Composite, Reference
from portal.core.observed import Needs
from portal.engine.fleet.kinds import composed_kind, is_composed, kinds_of
from portal.engine.fleet.table import Audience, Table
from portal.engine.fleet.tenants import Register
from portal.settings import PlatformSettings

_DEEPEST = 6


@dataclass(slots=True)
class ClusterView:
    """Tables by name; those of composed kinds are added as they are found."""

    site: str
    register: Register
    platform: PlatformSettings
    tables: dict[str, Table]
    audience: Audience | None = None
    _index: dict[TenantKey, Application] = field(default_factory=dict)
    _indexed: tuple[int, int] = (-1, -1)

    @classmethod
    def empty(
        cls, site: str, register: Register, platform: PlatformSettings, audience: Audience | None
    ) -> "ClusterView":
        """Nothing read yet; `audience` hears of everything that differs."""
        tables = {kind.table: Table(kind, audience, site) for kind in kinds_of(platform)}
        return cls(site, register, platform, tables, audience)

    def mine(self, table: str, namespace: str, now: float) -> Facet[tuple[Any, ...]]:
        """All objects of one kind in a namespace."""
        return self.tables[table].facet(namespace, now=now)

    def one(self, table: str, namespace: str, name: str, now: float) -> Facet[Any]:
        """One object by its name."""
        held = self.tables[table]
        return held.facet_of(lambda: held.get(namespace, name), now=now)

    def applications(self) -> Iterator[Application]:
        """Every Application held."""
        yield from self.tables["applications"].items()

    def application_facet(self, tenant: TenantKey, now: float) -> Facet[Application]:
        """The Application of a tenant."""
        return self.tables["applications"].facet_of(lambda: self.application(tenant), now=now)

    def application(self, tenant: TenantKey) -> Application | None:
        """The Application of the tenant's name that deploys its environment."""
        named = self.tables["applications"].get(self.platform.argocd_namespace, tenant.service)
        if isinstance(named, Application) and self.register.of_application(named) in {tenant, None}:
            return named
        return self._by_tenant().get(tenant)

    def _by_tenant(self) -> dict[TenantKey, Application]:
        """Every tenant's Application, found anew only when Applications or the repository changed."""
        state = (self.tables["applications"].changes, self.register.changes)
        if self._indexed != state:
            found = {self.register.of_application(item): item for item in self.applications()}
            self._index = {tenant: item for tenant, item in found.items() if tenant is not None}
            self._indexed = state
        return self._index

    def composites(self, namespace: str, needs: Needs | None, now: float) -> Facet[tuple[Composite, ...]]:
        """What stands below the tenant's claim, by following references from it."""
        claim = self.tables["claims"].get(namespace, needs.cache) if needs is not None else None
        none: tuple[Composite, ...] = ()
        above = self.tables["composites"].facet_of(lambda: none, now=now)
        if not isinstance(above, Present) or claim is None:
            return above
        below = tuple(self._below(claim))
        for table in self._composed(below):
            facet = table.facet(now=now)
            if not isinstance(facet, Present | Absent):
                return facet
        return Present(below, above.source, above.seen_at)

    def new_composed(self, item: Composite) -> Iterator[Table]:
        """Tables, added now, for the kinds that an object refers to and nobody reads yet."""
        for reference in item.references:
            if is_composed(reference) and self.table_of(reference) is None:
                kind = composed_kind(reference)
                table = self.tables[kind.table] = Table(kind, self.audience, self.site)
                yield table

    def _composed(self, below: tuple[Composite, ...]) -> Iterator[Table]:
        """The tables in which the objects that these refer to are looked for."""
        references = {
            (reference.kind, reference.group): reference for item in below for reference in item.references
        }
        for reference in references.values():
            table = self.table_of(reference)
            if table is not None:
                yield table

    def table_of(self, reference: Reference) -> Table | None:
        """The table that an object of this kind would be in."""
        found = self.tables.get(composed_kind(reference).table)
        if found is not None:
            return found
        named = (self.tables[name] for name in ("composites", "composed"))
        return next((table for table in named if table.kind.kind == reference.kind), None)

    def _below(self, top: Composite) -> Iterator[Composite]:
        level, seen = [top], {(top.meta.kind, top.meta.name)}
        for _ in range(_DEEPEST):
            children = [found for item in level for found in self._referenced(item)]
            level = [found for found in children if (found.meta.kind, found.meta.name) not in seen]
            seen |= {(item.meta.kind, item.meta.name) for item in level}
            yield from level

    def _referenced(self, item: Composite) -> Iterator[Composite]:
        for reference in item.references:
            table = self.table_of(reference)
            if table is None:
                continue
            found = table.get("", reference.name) or table.get(item.meta.namespace, reference.name)
            if isinstance(found, Composite) and found.meta.kind == reference.kind:
                yield found
