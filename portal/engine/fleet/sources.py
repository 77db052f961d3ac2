"""The ports a fleet reads, and how one reading becomes a facet."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from portal.core.facets import Absent, Denied, Facet, Present, Source, Unknown
from portal.core.observed import Moment
from portal.core.redaction import redact
from portal.core.repository import RepositorySnapshot
from portal.errors import AccessDenied, NotFound, PortalError, Throttled
from portal.ports import Clock, Cluster, Neon, Parameters, Storage, TenantsRepository
from portal.settings import Settings

T = TypeVar("T")
U = TypeVar("U")
P = ParamSpec("P")

# Adapters have their own, shorter deadlines; this one keeps a faulty adapter from holding a reader for ever.
_DEADLINE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Site:
    """One cluster and the environments it runs. `name` is that of its first environment, "" where one cluster
    runs them all.
    """

    name: str
    cluster: Cluster
    environments: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything the fleet reads from."""

    neon: Neon
    parameters: Parameters
    storage: Storage
    sites: tuple[Site, ...]
    repository: TenantsRepository
    clock: Clock
    settings: Settings

    def site_of(self, environment: str) -> Site | None:
        """The cluster of an environment, None where none is configured for it."""
        whole = next((site for site in self.sites if not site.name), None)
        return next((site for site in self.sites if environment in site.environments), whole)

    def moment(self) -> Moment:
        """Now, by the portal's clock."""
        return Moment(self.clock.monotonic(), self.clock.now())


def sites_of(cluster: Cluster, own: Mapping[str, Cluster], environments: Iterable[str]) -> tuple[Site, ...]:
    """The clusters of all environments: `own` by environment, `cluster` for the rest."""
    served: dict[int, tuple[Cluster, list[str]]] = {}
    for environment in sorted(environments):
        chosen = own.get(environment, cluster)
        served.setdefault(id(chosen), (chosen, []))[1].append(environment)
    if len(served) <= 1:
        only = next(iter(served.values()), (cluster, []))
        return (Site("", only[0], frozenset(only[1])),)
    return tuple(Site(names[0], chosen, frozenset(names)) for chosen, names in served.values())


async def attempt(
    source: Source, clock: Clock, read: Callable[P, Awaitable[T]], *args: P.args, **named: P.kwargs
) -> Facet[T]:
    """One reading as a facet: a failure is a value here, never an exception. Given up before its turn, it
    never begins.
    """
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            value = await read(*args, **named)
    except NotFound as exc:
        return Absent(source, clock.monotonic(), redact(exc.cause))
    except AccessDenied as exc:
        return Denied(source, redact(exc.cause), clock.monotonic())
    except Throttled as exc:
        return Unknown(source, f"throttled: {redact(exc.cause)}", clock.monotonic(), exc.retry_after)
    except PortalError as exc:
        return Unknown(source, redact(exc.cause), clock.monotonic())
    except TimeoutError:
        return Unknown(source, f"no answer in {_DEADLINE_SECONDS:.0f} s", clock.monotonic())
    return Present(value, source, clock.monotonic())


async def read_repository(sources: Sources, services: Collection[str] = ()) -> Facet[RepositorySnapshot]:
    """The tenants repository, all of it or the folders of some services. One that is not there tells
    nothing about tenants: it is not an empty one.
    """
    facet = await attempt(Source.GIT, sources.clock, sources.repository.snapshot, services)
    return Unknown(Source.GIT, facet.reason or "not found") if isinstance(facet, Absent) else facet


def select(facet: Facet[T], pick: Callable[[T], U | None]) -> Facet[U]:
    """The same facet over a part of its value; a part that is not there is absent."""
    if not isinstance(facet, Present):
        return facet
    found = pick(facet.value)
    if found is None:
        return Absent(facet.source, facet.seen_at)
    return Present(found, facet.source, facet.seen_at)
