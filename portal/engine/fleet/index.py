"""Which tenants a changed object concerns, found without walking through all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from portal.core.facets import TenantKey
from portal.core.objects.argo import Application
from portal.core.objects.crossplane import Composite
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.kinds import Item

_EVERYBODY = {"stores", "generators"}


@dataclass(slots=True)
class TenantIndex:
    """Tenants in order, and by namespace; `stale` when the set itself may have changed."""

    holdings: Holdings
    ordered: tuple[TenantKey, ...] = ()
    stale: bool = True
    known: frozenset[TenantKey] = frozenset()
    _by_namespace: dict[tuple[str, str], set[TenantKey]] = field(default_factory=dict)
    _by_site: dict[str, set[TenantKey]] = field(default_factory=dict)

    def refresh(self) -> frozenset[TenantKey]:
        """Take the present set; the tenants that are new to it."""
        self.stale = False
        found = frozenset(self.holdings.tenants())
        self._by_namespace, self._by_site = {}, {}
        for tenant in found:
            site = self.holdings.cluster(tenant.environment).site
            place = (site, self.holdings.namespace(tenant))
            self._by_namespace.setdefault(place, set()).add(tenant)
            self._by_site.setdefault(site, set()).add(tenant)
        new, self.known = found - self.known, found
        self.ordered = tuple(sorted(found, key=str))
        return new

    def concerned(self, site: str, table: str, item: Item) -> Iterable[TenantKey]:
        """The tenants whose verdict may change with an object."""
        if table in _EVERYBODY:
            return self.of_site(site)
        if isinstance(item, Application):
            return self._of_application(site, item)
        if table == "namespaces":
            return self._by_namespace.get((site, item.meta.name), ())
        if isinstance(item, Composite):
            return self._by_namespace.get((site, self._claim_namespace(site, item)), ())
        return self._by_namespace.get((site, item.meta.namespace), ())

    def of_site(self, site: str) -> Iterable[TenantKey]:
        """All tenants of one cluster."""
        return self._by_site.get(site, ())

    def of_environment(self, environment: str) -> Iterable[TenantKey]:
        """All tenants of one environment."""
        return (tenant for tenant in self.known if tenant.environment == environment)

    def of_services(self, services: frozenset[str]) -> Iterable[TenantKey]:
        """All tenants of some services."""
        return (tenant for tenant in self.known if tenant.service in services)

    def _of_application(self, site: str, item: Application) -> Iterable[TenantKey]:
        tenant = self.holdings.register.of_application(item)
        held = self.holdings.clusters[site].tables["applications"].get(*item.meta.key)
        if tenant is None or self.holdings.cluster(tenant.environment).site != site:
            return ()
        if tenant not in self.known or held is None:
            self.stale = True
        return (tenant,)

    def _claim_namespace(self, site: str, item: Composite) -> str:
        """Namespace of the claim above an object, by its own word or its owner's."""
        if item.meta.namespace:
            return item.meta.namespace
        if item.claim[0]:
            return item.claim[0]
        for owner in item.meta.owners:
            above = self.holdings.clusters[site].tables["composites"].get("", owner.name)
            if isinstance(above, Composite):
                return above.claim[0]
        return ""
