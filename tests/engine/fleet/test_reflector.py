"""List, watch, resume, list again: the reflector under a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from portal.core.cluster import KubeObject
from portal.engine.fleet.kinds import Item, Kind, kinds_of
from portal.engine.fleet.reflector import Phase, Reflector
from portal.errors import AccessDenied, Conflict, PortalError, Throttled, Unreachable
from portal.settings import PlatformSettings
from tests.core.assess import tenant as made
from tests.engine.fleet.clock import VirtualClock, settle
from tests.engine.fleet.ports import PlainCluster

PODS = next(kind for kind in kinds_of(PlatformSettings()) if kind.table == "pods")
DOWN = Unreachable("connection refused", system="kubernetes", operation="list")
RESET = Unreachable("connection reset", system="kubernetes", operation="watch")


@dataclass
class Notes:
    """A sink that remembers what it was told."""

    held: set[str] = field(default_factory=set)
    replaced: int = 0
    failures: list[PortalError] = field(default_factory=list)
    absent: bool = False
    confirmed_at: float = 0.0

    def replace(self, items: Sequence[Item], now: float) -> None:
        self.held = {item.meta.name for item in items}
        self.replaced += 1
        self.confirmed_at, self.absent = now, False

    def upsert(self, raw: KubeObject, now: float) -> None:
        self.held.add(raw["metadata"]["name"])
        self.confirmed_at = now

    def delete(self, raw: KubeObject, now: float) -> None:
        self.held.discard(raw["metadata"]["name"])
        self.confirmed_at = now

    def confirm(self, now: float) -> None:
        self.confirmed_at = now

    def fail(self, error: PortalError, now: float) -> None:
        assert now >= 0
        self.failures.append(error)

    def missing(self, now: float) -> None:
        self.absent, self.confirmed_at = True, now


class OpenGate:
    async def passed(self) -> None:
        return

    @asynccontextmanager
    async def listing(self) -> AsyncIterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Bench:
    clock: VirtualClock
    cluster: PlainCluster
    notes: Notes
    reflector: Reflector


@asynccontextmanager
async def reflecting(cluster: PlainCluster, kind: Kind = PODS) -> AsyncIterator[Bench]:
    clock, notes = VirtualClock(), Notes()
    reflector = Reflector(kind, cluster, clock, sink=notes, gate=OpenGate(), jitter=lambda: 0.0)
    task = asyncio.create_task(reflector.run())
    await settle()
    try:
        yield Bench(clock, cluster, notes, reflector)
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    cluster = PlainCluster()
    cluster.put(made.pod_json("first"))
    async with reflecting(cluster) as opened:
        yield opened


async def test_it_lists_once_and_then_follows_the_watch(bench: Bench) -> None:
    bench.cluster.put(made.pod_json("second"))
    bench.cluster.remove("Pod", made.NAMESPACE, "first")
    await settle()
    assert bench.notes.held == {"second"}
    assert bench.reflector.phase is Phase.WATCHING
    assert bench.cluster.calls["list Pod"] == 1


async def test_a_watch_the_server_ended_resumes_without_a_new_list_and_misses_nothing(bench: Bench) -> None:
    await bench.clock.advance(300)
    bench.cluster.cut()
    bench.cluster.put(made.pod_json("second"))
    await bench.clock.advance(1)
    assert bench.notes.held == {"first", "second"}
    assert (bench.cluster.calls["list Pod"], bench.cluster.calls["watch Pod"]) == (1, 2)
    assert bench.notes.failures == []


async def test_a_watch_that_is_ended_at_once_is_not_asked_for_in_a_tight_loop(bench: Bench) -> None:
    for _ in range(5):
        bench.cluster.cut()
        await settle()
    assert bench.cluster.calls["watch Pod"] == 1
    await bench.clock.advance(1)
    assert bench.cluster.calls["watch Pod"] == 2


async def test_a_dropped_connection_is_taken_up_again_within_two_seconds_without_a_word(bench: Bench) -> None:
    bench.cluster.cut(RESET)
    await bench.clock.advance(2)
    assert bench.reflector.phase is Phase.WATCHING
    assert bench.notes.failures == []
    assert bench.cluster.calls["list Pod"] == 1


async def test_an_expired_place_leads_to_one_new_list_and_ghosts_are_gone(bench: Bench) -> None:
    await bench.clock.advance(300)
    bench.cluster.cut(RESET)
    bench.cluster.remove("Pod", made.NAMESPACE, "first")
    bench.cluster.put(made.pod_json("second"))
    bench.cluster.forget()
    await bench.clock.advance(2)
    assert bench.notes.held == {"second"}
    assert bench.cluster.calls["list Pod"] == 2
    assert bench.reflector.phase is Phase.WATCHING


async def test_an_expired_place_during_a_watch_is_listed_again_at_once(bench: Bench) -> None:
    bench.cluster.cut(Conflict("too old", system="kubernetes", operation="watch"))
    await settle()
    assert bench.notes.replaced == 2
    assert bench.reflector.phase is Phase.WATCHING


async def test_while_the_server_is_away_it_asks_less_and_less_and_keeps_what_it_has(bench: Bench) -> None:
    bench.cluster.fail["*"] = DOWN
    bench.cluster.cut(RESET)
    await bench.clock.advance(600)
    tries = bench.cluster.calls["watch Pod"] - 1
    assert tries <= 0.25 * 600
    assert bench.notes.held == {"first"}
    assert bench.notes.failures[-1] is DOWN
    del bench.cluster.fail["*"]
    await bench.clock.advance(30)
    assert bench.reflector.phase is Phase.WATCHING
    assert bench.cluster.calls["list Pod"] == 1


async def test_a_throttling_server_is_left_alone_for_as_long_as_it_says() -> None:
    cluster = PlainCluster()
    cluster.fail["Pod"] = Throttled("slow", system="kubernetes", operation="list", retry_after=12.0)
    async with reflecting(cluster) as bench:
        del cluster.fail["Pod"]
        await bench.clock.advance(11.9)
        assert cluster.calls["list Pod"] == 1
        await bench.clock.advance(0.2)
        assert cluster.calls["list Pod"] == 2
        assert bench.reflector.phase is Phase.WATCHING


async def test_a_denied_kind_is_asked_for_again_at_a_persons_pace() -> None:
    cluster = PlainCluster()
    cluster.put(made.pod_json("first"))
    denied = AccessDenied("pods is forbidden", system="kubernetes", operation="list")
    cluster.fail["Pod"] = denied
    async with reflecting(cluster) as bench:
        assert bench.notes.failures == [denied]
        await bench.clock.advance(29)
        assert cluster.calls["list Pod"] == 1
        del cluster.fail["Pod"]
        await bench.clock.advance(2)
        assert bench.notes.held == {"first"}


async def test_a_kind_that_is_installed_later_is_found() -> None:
    cluster = PlainCluster()
    cluster.put(made.pod_json("first"))
    cluster.absent = {"Pod"}
    async with reflecting(cluster) as bench:
        assert bench.notes.absent
        cluster.absent = set()
        await bench.clock.advance(11)
        assert bench.notes.held == {"first"}
        assert not bench.notes.absent
