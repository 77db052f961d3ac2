"""Ten minutes without a cluster, a day of flapping, a clock that jumps: what it costs and how it ends."""

import asyncio
from datetime import timedelta

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness, Source
from portal.errors import Throttled, Unreachable
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import Bench
from tests.engine.fleet.screen import following

DOWN = Unreachable("connection refused", system="kubernetes", operation="version")


async def test_after_ten_minutes_away_all_is_live_within_three_seconds_of_the_first_answer(
    bench: Bench,
) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        bench.cluster.fail["*"] = DOWN
        bench.cluster.cut(DOWN)
        await bench.clock.advance(20)
        before = bench.cluster.calls.total()
        await bench.clock.advance(580)
        assert (bench.cluster.calls.total() - before) / 580 <= 0.25
        bench.cluster.remove("Pod", made.NAMESPACE, "identity-service-1-b")
        bench.cluster.put(made.deployment_json(status={"availableReplicas": 1, "readyReplicas": 1}))
        bench.cluster.forget()
        asked, lists = bench.cluster.calls["version"], +bench.cluster.calls
        bench.cluster.fail.clear()
        while bench.cluster.calls["version"] == asked:
            await bench.clock.advance(0.1)
        await bench.clock.advance(3)
        assert screen.source(Source.KUBERNETES).state is Freshness.LIVE
        assert screen.hop(HopName.WORKLOAD).state is HopState.PROGRESSING
        again = bench.cluster.calls - lists
        assert {name: count for name, count in again.items() if name.startswith("list ") and count > 1} == {}


async def test_a_source_that_asks_for_patience_is_left_alone_for_as_long(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        bench.neon.fail = Throttled("rate limit", system="neon", operation="branches", retry_after=100.0)
        await bench.clock.advance(20)
        asked = bench.neon.calls["branches p-dev"]
        assert screen.source(Source.NEON).detail == "throttled: rate limit"
        await bench.clock.advance(80)
        assert bench.neon.calls["branches p-dev"] == asked


async def test_a_day_of_flapping_leaves_no_task_behind(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        at_first = len(asyncio.all_tasks())
        for _ in range(40):
            bench.cluster.fail["*"] = DOWN
            bench.cluster.cut(DOWN)
            await bench.clock.advance(20)
            bench.cluster.fail.clear()
            await bench.clock.advance(10)
        await bench.clock.advance(30)
        assert len(asyncio.all_tasks()) <= at_first
        assert screen.hop(HopName.WORKLOAD).state is HopState.HEALTHY


async def test_a_wall_clock_that_jumps_changes_no_age_of_what_was_seen(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        for hours in (-8, 8):
            bench.clock.jump(timedelta(hours=hours))
            await bench.clock.advance(2)
            assert screen.source(Source.KUBERNETES).state is Freshness.LIVE
            ages = [hop.age_seconds for hop in screen.verdict().hops if hop.age_seconds is not None]
            assert all(0 <= age < 60 for age in ages)


async def test_a_machine_that_slept_knows_that_what_it_saw_is_old(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        bench.cluster.fail["*"] = DOWN
        bench.clock.sleep_through(8 * 3600)
        await bench.clock.advance(1)
        line = screen.source(Source.KUBERNETES)
        assert line.state is Freshness.STALE
        assert (line.age_seconds or 0) > 8 * 3600 - 60
        assert screen.hop(HopName.WORKLOAD).state is HopState.UNKNOWN


async def test_a_simulated_hour_keeps_to_its_part_of_every_quota(bench: Bench) -> None:
    """Neon allows 700 requests a minute and a tenth is ours; Parameter Store 40 a second and a quarter is."""
    async with following(bench):
        await bench.clock.advance(5)
        neon, described = bench.neon.calls.total(), bench.parameters.described
        await bench.clock.advance(3600)
        assert bench.neon.calls.total() - neon <= 0.1 * 700 * 60
        assert bench.parameters.described - described <= 0.25 * 40 * 3600
        assert {name.split()[0] for name in bench.neon.calls} <= {
            "branches",
            "endpoints",
            "operations",
            "roles",
            "databases",
            "auth",
            "jwks",
        }
