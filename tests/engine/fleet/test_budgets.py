"""Simulated time over real sockets: what the gateway's log says was asked of Neon and Parameter Store."""

import asyncio
import json
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from portal.adapters.neon import NeonApi
from portal.adapters.ssm import ParameterStore
from portal.adapters.threads import Threads
from portal.core.repository import RepositorySnapshot, TenantFolder
from portal.core.secrets import Secret
from portal.engine.fleet import Fleet
from portal.settings import AwsSettings, EnvironmentSettings, NeonSettings, Settings
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.faults import Faults
from simulator.gateway.gateway import Gateway
from simulator.gateway.log import RequestLog
from simulator.gateway.neon import Neon
from simulator.gateway.ssm import Ssm
from tests.bench.fleet.outside import application
from tests.bench.fleet.seed import ENVIRONMENTS, service
from tests.bench.fleet.seed import Fleet as Seed
from tests.engine.fleet.gateway import FastClock
from tests.engine.fleet.ports import PlainCluster, PlainRepository, PlainStorage

SPEED = 60.0
KEY_ID, KEY = "LKIABUDGET0000000000", "simneon_budget"
SEED = Seed(services=100)
LISTS = {
    "listProjectBranches",
    "listProjectEndpoints",
    "listProjectOperations",
    "listProjectBranchRoles",
    "listProjectBranchDatabases",
}


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "seconds", [pytest.param(600.0, id="minutes"), pytest.param(3600.0, id="hour", marks=pytest.mark.long)]
)
async def test_following_keeps_to_its_part_of_every_quota_and_wakes_no_compute(
    tmp_path: Path, seconds: float
) -> None:
    log, clock = tmp_path / "gateway.jsonl", FastClock(SPEED)
    async with AsyncExitStack() as stack:
        written = stack.enter_context(RequestLog(log))
        behind, faults, wall = application(SEED, neon="/api/v2"), Faults(seed=1), WallClock()
        places = [
            Gateway(each, behind, log=written, faults=faults, clock=wall)
            for each in (Neon({KEY: "portal"}), Ssm({KEY_ID: "portal"}))
        ]
        neon_at, ssm_at = [await stack.enter_async_context(serve(each)) for each in places]
        threads = await stack.enter_async_context(Threads(name="budget"))
        systems = await _systems(stack, threads, tmp_path, neon_at.url, ssm_at.url)
        fleet = _fleet(*systems, clock)
        following = asyncio.create_task(_follow(fleet))
        await clock.sleep(seconds)
        following.cancel()
        await asyncio.wait([following])
        if not following.cancelled():
            following.result()
    asked = Counter(json.loads(line)["operation"] for line in log.read_text().splitlines())
    assert asked.keys() == {*LISTS, "DescribeParameters"}
    assert 15 <= asked.total() - asked["DescribeParameters"] <= 0.1 * 700 / 60 * seconds
    assert 18 <= asked["DescribeParameters"] <= 0.25 * 40 * seconds


async def _follow(fleet: Fleet) -> None:
    async for view in fleet.changes():
        assert view.generated_at


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


def _fleet(neon: NeonApi, parameters: ParameterStore, clock: FastClock) -> Fleet:
    overlays = ENVIRONMENTS.values()
    folders = {
        name: TenantFolder(
            name, service(name, cache=False), {overlay: {"namespace": name} for overlay in overlays}, ()
        )
        for name in SEED.names
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
