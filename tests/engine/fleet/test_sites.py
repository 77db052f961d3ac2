"""Several clusters in one fleet, and a cluster that is replaced by another at the same address."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness, Source
from portal.errors import AccessDenied, Unreachable
from portal.settings import EnvironmentSettings, Settings
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import Bench, furnish
from tests.engine.fleet.ports import PlainCluster
from tests.engine.fleet.screen import Screen, following, in_two_environments, watching

DOWN = Unreachable("connection refused", system="kubernetes", operation="version")
BOTH = Settings(environments={name: EnvironmentSettings(name, f"p-{name}") for name in ("dev", "staging")})
STAGING = "identity-service/staging"


@dataclass(frozen=True)
class Pair:
    dev: PlainCluster
    staging: PlainCluster
    screen: Screen


@pytest.fixture
async def pair(bench: Bench) -> AsyncIterator[Pair]:
    in_two_environments(bench)
    staging = PlainCluster()
    furnish(staging)
    application = made.application_json()
    application["spec"]["source"]["path"] = "tenants/identity-service/overlays/staging"
    staging.put(application)
    fleet = bench.fleet_of(BOTH, dev=bench.cluster, staging=staging)
    async with watching(fleet, bench.clock) as screen:
        await bench.clock.advance(5)
        yield Pair(bench.cluster, staging, screen)


async def test_each_environment_is_judged_by_its_own_cluster(bench: Bench, pair: Pair) -> None:
    pair.staging.remove("Deployment", made.NAMESPACE, "identity-service")
    await bench.clock.advance(1)
    assert pair.screen.hop(HopName.WORKLOAD).state is HopState.HEALTHY
    assert pair.screen.hop(HopName.WORKLOAD, STAGING).state is HopState.BROKEN


async def test_a_cluster_that_goes_away_stales_only_its_environment_and_is_named(
    bench: Bench, pair: Pair
) -> None:
    pair.staging.fail["*"] = DOWN
    pair.staging.cut(DOWN)
    await bench.clock.advance(40)
    line = pair.screen.source(Source.KUBERNETES)
    assert (line.state, line.detail) == (Freshness.STALE, "staging: connection refused")
    assert pair.screen.hop(HopName.WORKLOAD, STAGING).state is HopState.UNKNOWN
    assert pair.screen.hop(HopName.WORKLOAD).state is HopState.HEALTHY


async def test_environments_that_name_one_cluster_share_its_watches(bench: Bench) -> None:
    in_two_environments(bench)
    other = PlainCluster()
    furnish(other)
    fleet = bench.fleet_of(BOTH, dev=other, staging=other)
    async with watching(fleet, bench.clock) as screen:
        await bench.clock.advance(5)
        assert other.calls["list Pod"] == 1
        assert bench.cluster.calls.total() == 0
        assert screen.source(Source.KUBERNETES).state is Freshness.LIVE


async def test_one_look_reads_each_environments_own_cluster(bench: Bench) -> None:
    in_two_environments(bench)
    empty = PlainCluster()
    fleet = bench.fleet_of(BOTH, staging=empty)
    view = await fleet.snapshot()
    states = {str(found.tenant): found.broken_hop for found in view.tenants}
    assert states["identity-service/dev"] is None
    assert states[STAGING] is not None
    assert empty.calls["list Pod"] == 1


async def test_another_cluster_at_the_same_address_drops_everything_that_was_held(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        lists = bench.cluster.calls["list Pod"]
        bench.cluster.fail["*"] = DOWN
        bench.cluster.cut(DOWN)
        await bench.clock.advance(30)
        bench.cluster.fail.clear()
        bench.cluster.uid = "kube-system-2"
        bench.cluster.remove("Deployment", made.NAMESPACE, "identity-service")
        await bench.clock.advance(10)
        line = screen.source(Source.KUBERNETES)
        assert line.state is Freshness.LIVE
        assert "another cluster answers at this address" in line.detail
        assert bench.cluster.calls["list Pod"] - lists == 1
        assert screen.hop(HopName.WORKLOAD).state is HopState.BROKEN
        await bench.clock.advance(700)
        assert screen.source(Source.KUBERNETES).detail == ""


async def test_a_cluster_that_may_not_be_recognised_is_followed_all_the_same(bench: Bench) -> None:
    bench.cluster.fail["identity"] = AccessDenied("namespaces", system="kubernetes", operation="get")
    async with following(bench) as screen:
        await bench.clock.advance(5)
        assert screen.source(Source.KUBERNETES).state is Freshness.LIVE
