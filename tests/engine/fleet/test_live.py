"""The live fleet: outages, recoveries, denials and batches under virtual time."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from portal.core.chain import HopName, HopState
from portal.core.facets import Freshness, Source
from portal.core.repository import RepositorySnapshot
from portal.errors import AccessDenied, NotFound, Unreachable
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import Bench
from tests.engine.fleet.screen import Screen, following

DOWN = Unreachable("connection refused", system="kubernetes", operation="version")


@pytest.fixture
async def screen(bench: Bench) -> AsyncIterator[Screen]:
    async with following(bench) as opened:
        await bench.clock.advance(5)
        yield opened


async def test_the_first_view_comes_before_any_answer(bench: Bench) -> None:
    async with following(bench) as screen:
        first = screen.views[0]
        assert first.tenants == ()
        assert {line.state for line in first.sources} == {Freshness.NEVER_LOADED}


async def test_soon_everything_is_known_and_live(screen: Screen) -> None:
    assert screen.verdict().state is HopState.HEALTHY, screen.verdict().cause
    assert {line.name: line.state for line in screen.last.sources} == dict.fromkeys(Source, Freshness.LIVE)


async def test_a_changed_object_reaches_the_screen_in_the_next_batch(bench: Bench, screen: Screen) -> None:
    crashing = made.pod_json(
        state={"waiting": {"reason": "CrashLoopBackOff"}},
        last={"terminated": {"reason": "Error", "exitCode": 1}},
        restarts=2,
        ready="False",
    )
    bench.cluster.put(made.deployment_json(status={"availableReplicas": 1}))
    bench.cluster.put(crashing)
    await bench.clock.advance(0.2)
    assert screen.verdict().broken_hop is HopName.WORKLOAD
    bench.cluster.put(made.pod_json())
    bench.cluster.put(made.deployment_json())
    await bench.clock.advance(0.2)
    assert screen.verdict().state is HopState.HEALTHY


async def test_a_storm_of_events_is_shown_in_at_most_ten_views_a_second(bench: Bench, screen: Screen) -> None:
    before = len(screen.views)
    for number in range(100):
        bench.cluster.put(made.pod_json(restarts=number))
        await bench.clock.advance(0.01)
    assert 5 <= len(screen.views) - before <= 11
    gaps = [later - earlier for earlier, later in zip(screen.times[1:], screen.times[2:], strict=False)]
    assert min(gaps) >= 0.1 - 1e-9


async def test_an_event_of_another_namespace_judges_nobody(bench: Bench, screen: Screen) -> None:
    await bench.clock.advance(1)
    before = len(screen.views)
    stranger = made.pod_json("stranger")
    bench.cluster.put({**stranger, "metadata": {**stranger["metadata"], "namespace": "elsewhere"}})
    await bench.clock.advance(0.5)
    assert len(screen.views) == before


async def test_a_cluster_that_goes_away_keeps_its_rows_and_marks_them_stale_with_their_age(
    bench: Bench, screen: Screen
) -> None:
    bench.cluster.fail["*"] = DOWN
    bench.cluster.cut(DOWN)
    await bench.clock.advance(60)
    kubernetes = screen.source(Source.KUBERNETES)
    assert kubernetes.state is Freshness.STALE
    assert kubernetes.age_seconds is not None
    assert 55 <= kubernetes.age_seconds <= 66
    assert "connection refused" in kubernetes.detail
    assert kubernetes.retry_in is not None
    assert screen.hop(HopName.WORKLOAD).state is HopState.UNKNOWN
    assert "last seen healthy" in screen.hop(HopName.WORKLOAD).cause
    assert screen.hop(HopName.DATABASE).state is HopState.HEALTHY
    assert screen.source(Source.NEON).state is Freshness.LIVE


async def test_an_outage_is_marked_within_thirty_seconds_and_asked_about_sparingly(
    bench: Bench, screen: Screen
) -> None:
    bench.cluster.fail["*"] = DOWN
    await bench.clock.advance(30)
    assert screen.source(Source.KUBERNETES).state is Freshness.STALE
    before = bench.cluster.calls.total()
    await bench.clock.advance(600)
    assert bench.cluster.calls.total() - before <= 0.25 * 600


async def test_a_cluster_that_comes_back_is_live_again_by_itself_with_what_was_missed(
    bench: Bench, screen: Screen
) -> None:
    bench.cluster.fail["*"] = DOWN
    bench.cluster.cut(DOWN)
    await bench.clock.advance(600)
    bench.cluster.remove("Pod", made.NAMESPACE, "identity-service-1-b")
    bench.cluster.put(made.deployment_json(status={"availableReplicas": 1, "readyReplicas": 1}))
    bench.cluster.forget()
    lists = bench.cluster.calls["list Pod"]
    bench.cluster.fail.clear()
    await bench.clock.advance(35)
    assert screen.source(Source.KUBERNETES).state is Freshness.LIVE
    assert screen.hop(HopName.WORKLOAD).state is HopState.PROGRESSING
    assert bench.cluster.calls["list Pod"] - lists == 1


async def test_neon_going_away_stales_only_neon_and_recovers(bench: Bench, screen: Screen) -> None:
    bench.neon.fail = Unreachable("502 from a proxy", system="neon", operation="branches")
    await bench.clock.advance(40)
    assert screen.source(Source.NEON).state is Freshness.STALE
    unknown = {hop.name for hop in screen.verdict().hops if hop.state is HopState.UNKNOWN}
    assert {HopName.BRANCH, HopName.COMPUTE, HopName.DATABASE} <= unknown
    assert screen.hop(HopName.WORKLOAD).state is HopState.HEALTHY
    bench.neon.fail = None
    await bench.clock.advance(65)
    assert screen.source(Source.NEON).state is Freshness.LIVE
    assert screen.verdict().state is HopState.HEALTHY


async def test_a_kind_that_becomes_denied_darkens_only_its_own_hop(bench: Bench, screen: Screen) -> None:
    denied = AccessDenied("dragonflyinstances is forbidden", system="kubernetes", operation="list")
    bench.cluster.fail["DragonflyInstance"] = denied
    bench.cluster.cut(Unreachable("reset", system="kubernetes", operation="watch"))
    await bench.clock.advance(10)
    unknown = [hop.name for hop in screen.verdict().hops if hop.state is HopState.UNKNOWN]
    assert unknown == [HopName.CACHE]
    line = screen.source(Source.KUBERNETES)
    assert (line.state, line.detail) == (Freshness.LIVE, "DragonflyInstance: denied")


async def test_a_tenant_that_is_committed_appears_and_one_that_is_removed_goes(
    bench: Bench, screen: Screen
) -> None:
    held = bench.repository.held
    second = replace(made.folder(), service="second", spec=None)
    bench.repository.held = RepositorySnapshot("c2", held.committed_at, {**held.tenants, "second": second})
    await bench.clock.advance(20)
    assert [str(found.tenant) for found in screen.last.tenants] == ["identity-service/dev", "second/dev"]
    bench.repository.held = RepositorySnapshot("c3", held.committed_at, held.tenants)
    await bench.clock.advance(20)
    assert [str(found.tenant) for found in screen.last.tenants] == ["identity-service/dev"]


async def test_a_commit_argocd_has_seen_is_read_at_once_instead_of_at_the_next_poll(
    bench: Bench, screen: Screen
) -> None:
    held = bench.repository.held
    second = replace(made.folder(), service="second", spec=None)
    bench.repository.held = RepositorySnapshot("c2", held.committed_at, {**held.tenants, "second": second})
    bench.cluster.put(made.application_json(sync={"status": "Synced", "revision": "c2"}))
    await bench.clock.advance(0.3)
    assert [str(found.tenant) for found in screen.last.tenants] == ["identity-service/dev", "second/dev"]


async def test_a_missing_parameter_is_seen_within_a_poll(bench: Bench, screen: Screen) -> None:
    lost = bench.parameters.held.pop("/zerotouch/dev/identity-service/database_url")
    await bench.clock.advance(20)
    assert screen.verdict().broken_hop is HopName.PARAMETERS
    bench.parameters.held[lost.name] = lost
    await bench.clock.advance(20)
    assert screen.verdict().state is HopState.HEALTHY


async def test_neon_is_polled_by_a_tenth_of_its_limit_and_never_wakes_a_compute(
    bench: Bench, screen: Screen
) -> None:
    before = bench.neon.calls.total()
    await bench.clock.advance(60)
    assert bench.neon.calls.total() - before <= 70
    assert screen.hop(HopName.COMPUTE).detail == "idle, scale to zero"


async def test_what_only_time_changes_is_judged_again_without_an_event(bench: Bench, screen: Screen) -> None:
    running = {"phase": "Running", "startedAt": made.stamp(12, 0), "message": "applying"}
    bench.cluster.put(made.application_json(operationState=running))
    await bench.clock.advance(1)
    assert screen.hop(HopName.APPLICATION).state is HopState.PROGRESSING
    await bench.clock.advance(700)
    assert screen.hop(HopName.APPLICATION).state is HopState.BROKEN
    assert "is stuck" in screen.hop(HopName.APPLICATION).cause


async def test_closing_the_views_ends_every_reader(bench: Bench) -> None:
    async with following(bench) as screen:
        await bench.clock.advance(5)
        assert screen.views
    calls = bench.cluster.calls.total()
    await bench.clock.advance(60)
    assert bench.cluster.calls.total() == calls


async def test_a_person_who_asks_does_not_wait_for_the_next_poll_or_retry(
    bench: Bench, screen: Screen
) -> None:
    bench.neon.fail = Unreachable("502 from a proxy", system="neon", operation="branches")
    await bench.clock.advance(70)
    assert screen.source(Source.NEON).state is Freshness.STALE
    bench.neon.fail = None
    bench.fleet.refresh()
    await bench.clock.advance(1)
    assert screen.source(Source.NEON).state is Freshness.LIVE


async def test_a_repository_that_is_not_there_is_unknown_and_not_empty(bench: Bench) -> None:
    bench.repository.fail = NotFound("no such repository", system="git", operation="fetch")
    async with following(bench) as screen:
        await bench.clock.advance(5)
        line = screen.source(Source.GIT)
        assert (line.state, line.detail) == (Freshness.UNKNOWN, "no such repository")
    snapshot = await bench.fleet.snapshot()
    assert next(line for line in snapshot.sources if line.name is Source.GIT).state is Freshness.UNKNOWN
