"""Views made by hand, and a status source that plays them."""

import asyncio
from collections.abc import AsyncGenerator

from portal.core.chain import FleetView, Hop, HopName, HopState, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey

HOPS: tuple[tuple[HopName, Source, str], ...] = (
    (HopName.SPEC, Source.GIT, "commit 4be1f0c"),
    (HopName.BRANCH, Source.NEON, "main, ready"),
    (HopName.COMPUTE, Source.NEON, "idle (scale to zero)"),
    (HopName.DATABASE, Source.NEON, "identity-service-dev, owner identity-service-dev"),
    (HopName.PARAMETERS, Source.SSM, "8 parameters"),
    (HopName.STORE, Source.KUBERNETES, "aws-parameter-store valid"),
    (HopName.EXTERNAL_SECRETS, Source.KUBERNETES, "4 synced"),
    (HopName.SECRETS, Source.KUBERNETES, "5 present"),
    (HopName.CACHE, Source.KUBERNETES, "identity-cache ready"),
    (HopName.APPLICATION, Source.KUBERNETES, "Synced, Healthy"),
    (HopName.WORKLOAD, Source.KUBERNETES, "2 of 2 pods ready"),
    (HopName.FRESHNESS, Source.KUBERNETES, "pods started after the last change"),
)
MISSING = "parameter /zerotouch/dev/identity-service/database_url does not exist"
FIX = "portal apply -f service.yaml -e dev"


def healthy(service: str = "identity-service") -> Verdict:
    hops = tuple(
        Hop(number, name, HopState.HEALTHY, "", source, 2.0, detail=detail)
        for number, (name, source, detail) in enumerate(HOPS, start=1)
    )
    return Verdict(TenantKey(service, "dev"), HopState.HEALTHY, None, "", "", hops)


def broken(service: str = "payments", cause: str = MISSING) -> Verdict:
    hops = []
    for number, (name, source, detail) in enumerate(HOPS, start=1):
        if name is HopName.PARAMETERS:
            hops.append(Hop(number, name, HopState.BROKEN, cause, source, 2.0, FIX))
        elif number > 6 and name is not HopName.CACHE:
            hops.append(Hop(number, name, HopState.BROKEN, "consequence of parameters", source, 2.0))
        else:
            hops.append(Hop(number, name, HopState.HEALTHY, "", source, 2.0, detail=detail))
    return Verdict(TenantKey(service, "dev"), HopState.BROKEN, HopName.PARAMETERS, cause, FIX, tuple(hops))


def sources(**states: Freshness) -> tuple[SourceState, ...]:
    return tuple(
        SourceState(
            name,
            state := states.get(name.value, Freshness.LIVE),
            2.0,
            "" if state is Freshness.LIVE else "connection refused",
            None if state is Freshness.LIVE else 12.0,
        )
        for name in (Source.GIT, Source.NEON, Source.SSM, Source.KUBERNETES)
    )


def view(*tenants: Verdict, **states: Freshness) -> FleetView:
    return FleetView("2026-01-31T12:00:00Z", sources(**states), tenants)


class Played:
    """A status source whose views the test pushes."""

    def __init__(self, *first: FleetView) -> None:
        self.queue: asyncio.Queue[FleetView | BaseException] = asyncio.Queue()
        for item in first:
            self.queue.put_nowait(item)

    async def verdict(self, tenant: TenantKey) -> Verdict:
        raise NotImplementedError(tenant)

    async def snapshot(self) -> FleetView:
        raise NotImplementedError

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        while True:
            item = await self.queue.get()
            if isinstance(item, BaseException):
                raise item
            yield item
