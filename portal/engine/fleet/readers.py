"""The readers of a live fleet: one task per kind of Kubernetes objects and per polled source."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Protocol, TypeVar

from portal.core.facets import Facet, Present, Source, TenantKey
from portal.engine.fleet.cluster_readers import ClusterReaders
from portal.engine.fleet.freshness import SourceBook
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.index import TenantIndex
from portal.engine.fleet.outside import NeonView, later, read_bucket, read_keys, read_neon, read_parameters
from portal.engine.fleet.poller import Poller, Read
from portal.engine.fleet.sources import Sources, read_repository

K = TypeVar("K")

# Seconds between polls. Neon allows 700 requests a minute, of which a tenth is ours.
_GIT, _NEON, _PARAMETERS, _RARE = 15.0, 15.0, 15.0, 60.0
_NEON_CALLS, _NEON_PER_SECOND = 5, 1.0
_PARAMETERS_A_PAGE, _PAGES_PER_SECOND = 50, 5.0
# A poll may miss one turn before its answer is late, and three before it is stale.
_LATE_TURNS, _STALE_TURNS = 2.5, 4.5


class Owner(Protocol):
    """The live fleet, as its readers see it."""

    holdings: Holdings
    index: TenantIndex
    book: SourceBook

    def environment_changed(self, environment: str) -> None: ...

    def services_changed(self, services: frozenset[str]) -> None: ...

    def everything_changed(self) -> None: ...

    def source_told(self) -> None: ...


class Readers:
    """Makes every reader and runs them side by side; the end of one would be the end of all, so none ends."""

    def __init__(self, sources: Sources, owner: Owner, jitter: Callable[[], float]) -> None:
        self._sources = sources
        self._owner = owner
        self._jitter = jitter
        self.clusters = {
            site.name: ClusterReaders(
                site,
                owner.holdings.clusters[site.name],
                owner.book,
                sources.clock,
                jitter=jitter,
                told=owner.source_told,
            )
            for site in sources.sites
        }
        self._auth: dict[str, Poller] = {}
        self._buckets = self._poller(Source.STORAGE, "", _RARE, self._read_buckets)
        self._pollers = list(self._make_pollers())

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            for cluster in self.clusters.values():
                group.create_task(cluster.run())
            for poller in self._pollers:
                group.create_task(poller.run())

    def kick(self) -> None:
        """Poll everything again now: what is asked for has changed."""
        for poller in self._pollers:
            poller.kick()

    def ask(self) -> None:
        """Poll everything again now, failing sources too."""
        for poller in self._pollers:
            poller.ask()
        for cluster in self.clusters.values():
            cluster.ask()

    def kick_asked(self) -> None:
        """Poll again what only some tenants ask for: there are other tenants now."""
        for poller in (*self._auth.values(), self._buckets):
            poller.kick()

    def _make_pollers(self) -> Iterator[Poller]:
        environments = sorted(self._sources.settings.environments)
        neon = max(_NEON, _NEON_CALLS * len(environments) / _NEON_PER_SECOND)
        yield self._poller(Source.GIT, "", _GIT, self._read_git)
        for environment in environments:
            yield self._poller(Source.NEON, environment, neon, self._neon_of(environment))
            yield self._poller(
                Source.SSM,
                environment,
                _PARAMETERS,
                self._parameters_of(environment),
                pace=partial(self._parameters_pace, environment),
            )
            self._auth[environment] = self._poller(
                Source.AUTH, environment, _RARE, self._keys_of(environment)
            )
            yield self._auth[environment]
        yield self._buckets

    def _poller(
        self,
        source: Source,
        environment: str,
        interval: float,
        read: Read,
        *,
        pace: Callable[[], float] | None = None,
    ) -> Poller:
        health = self._owner.book.open(
            source, environment, late=interval * _LATE_TURNS, stale=interval * _STALE_TURNS
        )
        return Poller(
            read,
            pace or (lambda: interval),
            self._sources.clock,
            health=health,
            jitter=self._jitter,
            told=self._owner.source_told,
        )

    async def _read_git(self) -> Iterable[Facet[Any]]:
        facet = await read_repository(self._sources)
        holdings = self._owner.holdings
        first = not isinstance(holdings.git, Present)
        holdings.git = later(holdings.git, facet)
        if isinstance(facet, Present):
            changed = holdings.register.learn(facet.value)
            self._owner.services_changed(changed)
        if first:
            self._owner.everything_changed()
        return [facet]

    def _neon_of(self, environment: str) -> Read:
        async def read() -> Iterable[Facet[Any]]:
            view = await read_neon(self._sources, environment)
            before = self._owner.holdings.neon.get(environment, NeonView())
            after = self._owner.holdings.neon[environment] = view.after(before)
            if any(differ(old, new) for old, new in zip(before.facets, after.facets, strict=True)):
                self._owner.environment_changed(environment)
            if differ(before.branch, after.branch):
                self._auth[environment].kick()
            return view.facets

        return read

    def _parameters_of(self, environment: str) -> Read:
        async def read() -> Iterable[Facet[Any]]:
            prefix = self._sources.settings.platform.parameter_prefix
            facet = await read_parameters(self._sources, f"{prefix}/{environment}")
            self._keep(self._owner.holdings.parameters, environment, facet, environment)
            return [facet]

        return read

    def _parameters_pace(self, environment: str) -> float:
        """A poll of many pages is followed by a longer pause: a small part of the account's quota."""
        held = self._owner.holdings.parameters.get(environment)
        pages = len(held.value) / _PARAMETERS_A_PAGE if isinstance(held, Present) else 0.0
        return max(_PARAMETERS, pages / _PAGES_PER_SECOND)

    def _keys_of(self, environment: str) -> Read:
        async def read() -> Iterable[Facet[Any]]:
            there = self._owner.index.of_environment(environment)
            if not any(self._asks_auth(tenant) for tenant in there):
                return []
            branch = self._owner.holdings.neon.get(environment, NeonView()).branch
            facet = await read_keys(self._sources, environment, branch)
            self._keep(self._owner.holdings.keys, environment, facet, environment)
            return [facet]

        return read

    async def _read_buckets(self) -> Iterable[Facet[Any]]:
        needs = [self._owner.holdings.register.needs(tenant)[0] for tenant in self._owner.index.ordered]
        places = sorted({found.place for found in needs if found is not None and found.bucket})
        facets = await asyncio.gather(*(read_bucket(self._sources, place) for place in places))
        for place, facet in zip(places, facets, strict=True):
            self._keep(self._owner.holdings.buckets, place, facet, "")
        return facets

    def _asks_auth(self, tenant: TenantKey) -> bool:
        needs, _ = self._owner.holdings.register.needs(tenant)
        return needs is not None and needs.auth

    def _keep(self, held: dict[K, Facet[Any]], key: K, facet: Facet[Any], environment: str) -> None:
        """Store the newer answer, and tell whom it concerns when it says something else."""
        before = held.get(key)
        held[key] = facet if before is None else later(before, facet)
        if before is not None and not differ(before, held[key]):
            return
        if environment:
            self._owner.environment_changed(environment)
        else:
            self._owner.everything_changed()


def differ(before: Facet[Any], after: Facet[Any]) -> bool:
    """Whether two readings say different things, whenever they were made."""
    if isinstance(before, Present) and isinstance(after, Present):
        return bool(before.value != after.value)
    return type(before) is not type(after)
