"""A fleet whose Neon and Parameter Store are real adapters behind gateways, on a clock that runs faster."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.adapters.neon import NeonApi
from portal.adapters.ssm import ParameterStore
from portal.adapters.threads import Threads
from portal.core.chain import FleetView, Hop, HopName
from portal.core.facets import Source, SourceState
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.core.secrets import Secret
from portal.engine.fleet import Fleet
from portal.settings import AwsSettings, EnvironmentSettings, NeonSettings, Settings
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.faults import Action, Faults, Rule
from simulator.gateway.gateway import Gateway
from simulator.gateway.log import RequestLog
from simulator.gateway.neon import Neon
from simulator.gateway.ssm import Ssm
from tests.bench.fleet.outside import application
from tests.bench.fleet.seed import ENVIRONMENTS, service
from tests.bench.fleet.seed import Fleet as Seed
from tests.engine.fleet.gateway import FastClock
from tests.engine.fleet.ports import PlainCluster, PlainRepository, PlainStorage

KEY_ID, KEY = "LKIABUDGET0000000000", "simneon_budget"
LISTS = {
    "listProjectBranches",
    "listProjectEndpoints",
    "listProjectOperations",
    "listProjectBranchRoles",
    "listProjectBranchDatabases",
}
"""All that may be asked of Neon by time: none of them wakes a compute."""
_WAIT_SECONDS = 25.0


@dataclass
class Beside:
    """What a person sees, and what a test may do to Neon and Parameter Store."""

    faults: Faults
    clock: FastClock
    log: Path
    views: list[FleetView] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, wanted: Callable[["Beside"], object], what: str) -> None:
        """Return once the newest view is as wanted; fails with what is seen instead."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while not (self.views and self.views[-1].tenants and wanted(self)):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            seen = [(line.name, line.state, line.detail) for line in self.views[-1].sources]
            raise AssertionError(f"never {what}: {seen}") from None

    def source(self, name: Source) -> SourceState:
        return next(line for line in self.views[-1].sources if line.name is name)

    def hop(self, name: HopName) -> Hop:
        """Of the first tenant."""
        return next(hop for hop in self.views[-1].tenants[0].hops if hop.name is name)

    def asked(self) -> Counter[str]:
        """Calls that have reached the gateways, by operation."""
        return Counter(json.loads(line)["operation"] for line in self.log.read_text().splitlines())

    def break_(self, where: str, action: Action, **more: Any) -> str:
        """A rule in force from now on; `where` is `service:operation`."""
        system, _, operation = where.partition(":")
        return self.faults.add(Rule(system, operation, action, **more)).id


@asynccontextmanager
async def beside(directory: Path, *, services: int, speed: float) -> AsyncIterator[Beside]:
    """Follow a seeded fleet until the context ends."""
    seed, clock, log = Seed(services=services), FastClock(speed), directory / "gateway.jsonl"
    async with AsyncExitStack() as stack:
        written = stack.enter_context(RequestLog(log))
        behind, faults, wall = application(seed, neon="/api/v2"), Faults(seed=1), WallClock(speed)
        places = [
            Gateway(each, behind, log=written, faults=faults, clock=wall)
            for each in (Neon({KEY: "portal"}), Ssm({KEY_ID: "portal"}))
        ]
        neon_at, ssm_at = [await stack.enter_async_context(serve(each)) for each in places]
        threads = await stack.enter_async_context(Threads(name="beside"))
        systems = await _systems(stack, threads, directory, neon_at.url, ssm_at.url)
        fleet, seen = _fleet(seed, *systems, clock), Beside(faults, clock, log)

        async def follow() -> None:
            async for view in fleet.changes():
                seen.views.append(view)
                del seen.views[:-2]
                seen.news.set()

        following = asyncio.create_task(follow())
        try:
            yield seen
        finally:
            following.cancel()
            await asyncio.wait([following])
            if not following.cancelled():
                following.result()


async def _systems(
    stack: AsyncExitStack, threads: Threads, directory: Path, neon: str, ssm: str
) -> tuple[NeonApi, ParameterStore]:
    """The real adapters, pointed at the gateways."""
    credentials, config = directory / "credentials", directory / "config"
    credentials.write_text(f"[default]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = budget\n")
    config.write_text("[default]\nregion = ap-south-1\n")

    async def key() -> Secret:
        return Secret(KEY)

    aws = AwsSettings(ssm_endpoint=ssm, config_file=config, credentials_file=credentials)
    api = NeonApi(NeonSettings(url=f"{neon}/api/v2"), key, threads=threads)
    store = ParameterStore(aws, threads)
    return await stack.enter_async_context(api), await stack.enter_async_context(store)


def _fleet(seed: Seed, neon: NeonApi, parameters: ParameterStore, clock: FastClock) -> Fleet:
    overlays = ENVIRONMENTS.values()
    folders = {
        name: TenantFolder(
            name, service(name, cache=False), {overlay: {"namespace": name} for overlay in overlays}, ()
        )
        for name in seed.names
    }
    return Fleet(
        neon=neon,
        parameters=parameters,
        storage=PlainStorage(),
        cluster=PlainCluster(),
        repository=PlainRepository(RepositorySnapshot("c1", 1.7e9, folders)),
        clock=clock,
        settings=Settings(
            environments={name: EnvironmentSettings(name, f"p-{name}") for name in ENVIRONMENTS}
        ),
        jitter=lambda: 0.5,
    )
