"""Views made by hand, and a live fleet that plays them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from portal.core.chain import FleetView, Hop, HopName, HopState, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey

if TYPE_CHECKING:
    from portal.core.observed import Seen

HOPS: tuple[tuple[HopName, Source, str], ...] = (
    (HopName.SPEC, Source.GIT, "tenants/{service}/overlays/dev"),
    (HopName.BRANCH, Source.NEON, "shiny-wind-028834/main"),
    (HopName.COMPUTE, Source.NEON, "idle (scale to zero)"),
    (HopName.DATABASE, Source.NEON, "{service}-dev owned by {service}-dev"),
    (HopName.PARAMETERS, Source.SSM, "8 present"),
    (HopName.STORE, Source.KUBERNETES, "store validated"),
    (HopName.EXTERNAL_SECRETS, Source.KUBERNETES, "{service}-db, {service}-jwt"),
    (HopName.SECRETS, Source.KUBERNETES, "{service}-db, {service}-jwt"),
    (HopName.CACHE, Source.KUBERNETES, "DragonflyInstance/{service}-cache Available"),
    (HopName.APPLICATION, Source.KUBERNETES, "Synced to 4be1f0c2, Healthy"),
    (HopName.WORKLOAD, Source.KUBERNETES, "2 of 2 ready"),
    (HopName.FRESHNESS, Source.KUBERNETES, "2 pods started after the last change"),
    (HopName.AUTH, Source.AUTH, "1 public key"),
    (HopName.STORAGE, Source.STORAGE, "{service}-files"),
    (HopName.PULL_SECRET, Source.KUBERNETES, "ghcr-pull-secret"),
)
SOURCES = tuple(Source)
MISSING = "parameter /zerotouch/dev/payments/database_url does not exist"
FIX = "portal apply -f service.yaml -e dev"
LONG = (
    "ExternalSecret payments-db: could not get secret data from provider: SSM parameter "
    "/zerotouch/dev/payments/database_url was not found in ap-south-1 by the role of the cluster, "
    "and 4 more parameters below /zerotouch/dev/payments are missing as well"
)


def healthy(service: str = "identity-service") -> Verdict:
    hops = tuple(
        Hop(number, name, HopState.HEALTHY, "", source, 2.0, detail=detail.format(service=service))
        for number, (name, source, detail) in enumerate(HOPS, start=1)
    )
    return Verdict(TenantKey(service, "dev"), HopState.HEALTHY, None, "", "", hops)


def broken(service: str = "payments", cause: str = MISSING, fix: str = FIX) -> Verdict:
    hops = []
    for number, (name, source, detail) in enumerate(HOPS, start=1):
        if name is HopName.PARAMETERS:
            hops.append(Hop(number, name, HopState.BROKEN, cause, source, 2.0, fix))
        elif number > 6 and name not in {HopName.CACHE, HopName.AUTH, HopName.STORAGE}:
            hops.append(Hop(number, name, HopState.BROKEN, "consequence of parameters", source, 2.0))
        else:
            hops.append(
                Hop(number, name, HopState.HEALTHY, "", source, 2.0, detail=detail.format(service=service))
            )
    return Verdict(TenantKey(service, "dev"), HopState.BROKEN, HopName.PARAMETERS, cause, fix, tuple(hops))


def progressing(service: str) -> Verdict:
    """Rolling out."""
    cause = f"Deployment {service}: Waiting for rollout to finish: 1 of 2 updated replicas are available"
    return _at(service, HopName.WORKLOAD, HopState.PROGRESSING, cause, f"kubectl -n {service} get pods")


def unknown(service: str) -> Verdict:
    """One hop that nobody could look at."""
    cause = "dragonflyinstances.cache.bizmatters.io is forbidden for this user"
    return _at(service, HopName.CACHE, HopState.UNKNOWN, cause, "portal doctor")


def _at(service: str, name: HopName, state: HopState, cause: str, fix: str) -> Verdict:
    hops = tuple(
        replace(hop, state=state, cause=cause, fix=fix, detail="") if hop.name is name else hop
        for hop in healthy(service).hops
    )
    return Verdict(TenantKey(service, "dev"), state, None, cause, fix, hops)


def sources(**states: Freshness) -> tuple[SourceState, ...]:
    return tuple(
        SourceState(
            name,
            state := states.get(name.value, Freshness.LIVE),
            None if state is Freshness.NEVER_LOADED else 2.0,
            "" if state in {Freshness.LIVE, Freshness.NEVER_LOADED} else "connection refused",
            None if state in {Freshness.LIVE, Freshness.NEVER_LOADED} else 12.0,
        )
        for name in SOURCES
    )


def view(*tenants: Verdict, **states: Freshness) -> FleetView:
    return FleetView("2026-01-31T12:00:00Z", sources(**states), tenants)


def all_lost(*tenants: Verdict) -> FleetView:
    return view(*tenants, **{source.value: Freshness.STALE for source in SOURCES})


def with_detail(shown: FleetView, name: Source, detail: str) -> FleetView:
    """The view with another detail on one source."""
    changed = (replace(item, detail=detail) if item.name is name else item for item in shown.sources)
    return replace(shown, sources=tuple(changed))


class Played:
    """A live fleet whose views the test pushes; an exception pushed ends the stream with it."""

    def __init__(self, *first: FleetView) -> None:
        self.queue: asyncio.Queue[FleetView | BaseException] = asyncio.Queue()
        self.refreshed = 0
        self.begun = 0
        self.held: dict[TenantKey, Seen] = {}
        self.team_of: dict[str, str] = {}
        for item in first:
            self.queue.put_nowait(item)

    def refresh(self) -> None:
        self.refreshed += 1

    def seen(self, tenant: TenantKey) -> "Seen | None":
        return self.held.get(tenant)

    def teams(self) -> Mapping[str, str]:
        return self.team_of

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        self.begun += 1
        while True:
            item = await self.queue.get()
            if isinstance(item, BaseException):
                raise item
            yield item
