"""The ports a fleet reads, and how one reading becomes a facet."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from portal.core.facets import Absent, Denied, Facet, Present, Source, Unknown
from portal.core.observed import Moment
from portal.core.redaction import redact
from portal.core.repository import RepositorySnapshot
from portal.errors import AccessDenied, NotFound, PortalError
from portal.ports import Clock, Cluster, Neon, Parameters, Storage, TenantsRepository
from portal.settings import Settings

T = TypeVar("T")
U = TypeVar("U")

# Adapters have their own, shorter deadlines; this one keeps a faulty adapter from holding a reader for ever.
_DEADLINE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything the fleet reads from."""

    neon: Neon
    parameters: Parameters
    storage: Storage
    cluster: Cluster
    repository: TenantsRepository
    clock: Clock
    settings: Settings

    def moment(self) -> Moment:
        """Now, by the portal's clock."""
        return Moment(self.clock.monotonic(), self.clock.now())


async def attempt(source: Source, clock: Clock, reading: Awaitable[T]) -> Facet[T]:
    """One reading as a facet: a failure is a value here, never an exception."""
    try:
        async with asyncio.timeout(_DEADLINE_SECONDS):
            value = await reading
    except NotFound as exc:
        return Absent(source, clock.monotonic(), redact(exc.cause))
    except AccessDenied as exc:
        return Denied(source, redact(exc.cause), clock.monotonic())
    except PortalError as exc:
        return Unknown(source, redact(exc.cause), clock.monotonic())
    except TimeoutError:
        return Unknown(source, f"no answer in {_DEADLINE_SECONDS:.0f} s", clock.monotonic())
    return Present(value, source, clock.monotonic())


async def read_repository(sources: Sources) -> Facet[RepositorySnapshot]:
    """The tenants repository. One that is not there tells nothing about tenants: it is not an empty one."""
    facet = await attempt(Source.GIT, sources.clock, sources.repository.snapshot())
    return Unknown(Source.GIT, facet.reason or "not found") if isinstance(facet, Absent) else facet


def select(facet: Facet[T], pick: Callable[[T], U | None]) -> Facet[U]:
    """The same facet over a part of its value; a part that is not there is absent."""
    if not isinstance(facet, Present):
        return facet
    found = pick(facet.value)
    if found is None:
        return Absent(facet.source, facet.seen_at)
    return Present(found, facet.source, facet.seen_at)
