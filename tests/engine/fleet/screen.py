"""What a front end sees of a live fleet: every view and the time it came."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from portal.core.chain import FleetView, Hop, HopName, Verdict
from portal.core.facets import Source, SourceState
from portal.engine.fleet import Fleet
from tests.engine.fleet.clock import VirtualClock, settle
from tests.engine.fleet.conftest import Bench


@dataclass
class Screen:
    """Collects every view and the time it came."""

    views: list[FleetView]
    times: list[float]

    @property
    def last(self) -> FleetView:
        return self.views[-1]

    def verdict(self, name: str = "identity-service/dev") -> Verdict:
        return next(found for found in self.last.tenants if str(found.tenant) == name)

    def hop(self, name: HopName, tenant: str = "identity-service/dev") -> Hop:
        return next(hop for hop in self.verdict(tenant).hops if hop.name is name)

    def source(self, name: Source) -> SourceState:
        return next(line for line in self.last.sources if line.name is name)


@asynccontextmanager
async def watching(fleet: Fleet, clock: VirtualClock) -> AsyncIterator[Screen]:
    """Follow a fleet within the context."""
    screen = Screen([], [])

    async def follow() -> None:
        async for view in fleet.changes():
            screen.views.append(view)
            screen.times.append(clock.monotonic())

    task = asyncio.create_task(follow())
    await settle()
    try:
        yield screen
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()


@asynccontextmanager
async def following(bench: Bench) -> AsyncIterator[Screen]:
    """Follow the fleet of a bench."""
    async with watching(bench.fleet, bench.clock) as screen:
        yield screen


def in_two_environments(bench: Bench) -> None:
    """The bench's one tenant lives in staging too."""
    held = bench.repository.held
    folder = held.tenants["identity-service"]
    spec = {**(folder.spec or {})}
    spec["spec"] = {**spec["spec"], "environments": {"dev": {}, "staging": {}}}
    config = folder.overlays["dev"]
    both = replace(folder, spec=spec, overlays={"dev": config, "staging": config})
    bench.repository.held = replace(held, tenants={"identity-service": both})
