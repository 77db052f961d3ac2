"""Whatever fails, in whatever order: no cell is healthy while its source is not live, and all recovers."""

import asyncio
from dataclasses import replace
from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.core.chain import FleetView, HopState
from portal.core.facets import Freshness, Source
from portal.errors import AccessDenied, Conflict, NotLoggedIn, PortalError, Protocol, Throttled, Unreachable
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import Bench, make_bench, secret_store
from tests.engine.fleet.screen import following

KINDS = ["*", "version", "Pod", "ExternalSecret", "Application", "DragonflyInstance", "Secret", "Namespace"]
ERRORS: dict[str, PortalError] = {
    "refused": Unreachable("connection refused", system="kubernetes", operation="list"),
    "html": Protocol("the answer is not JSON: <html>", system="kubernetes", operation="list"),
    "denied": AccessDenied("forbidden", system="kubernetes", operation="list"),
    "expired-login": NotLoggedIn("Unauthorized", system="kubernetes", operation="list"),
    "throttled": Throttled("slow down", system="kubernetes", operation="list", retry_after=7.0),
    "expired": Conflict("too old", system="kubernetes", operation="watch"),
}
Step: TypeAlias = tuple[str, str, float]

STEPS = st.one_of(
    st.tuples(st.just("cluster"), st.sampled_from(KINDS), st.sampled_from(sorted(ERRORS))),
    st.tuples(st.just("outside"), st.sampled_from(["neon", "ssm", "git"]), st.sampled_from(sorted(ERRORS))),
    st.tuples(st.sampled_from(["mend", "cut", "forget", "ask", "rebuild"]), st.just(""), st.just("")),
)
SEQUENCES = st.lists(st.tuples(STEPS, st.sampled_from([0.3, 4.0, 16.0, 45.0, 130.0])), max_size=7)


def honest(view: FleetView) -> None:
    """The promise of the display, cell by cell."""
    states = {line.name: line.state for line in view.sources}
    for verdict in view.tenants:
        for hop in verdict.hops:
            if hop.state is HopState.HEALTHY:
                assert states.get(hop.source, Freshness.LIVE) is Freshness.LIVE, (hop, states)
        if verdict.state is HopState.HEALTHY:
            assert {states[source] for source in (Source.GIT, Source.KUBERNETES)} == {Freshness.LIVE}


def do(bench: Bench, step: tuple[str, str, str]) -> None:
    kind, what, error = step
    match kind:
        case "cluster":
            name = "" if what == "version" else what
            bench.cluster.fail[name or "version"] = ERRORS[error]
            bench.cluster.cut(ERRORS["refused"])
        case "outside":
            lose(bench, what, ERRORS[error])
        case "mend":
            mend(bench)
        case "cut":
            bench.cluster.cut()
        case "forget":
            bench.cluster.forget()
            bench.cluster.cut(ERRORS["refused"])
        case "rebuild":
            bench.cluster.uid += "x"
        case _:
            bench.fleet.refresh()


def lose(bench: Bench, what: str, error: PortalError) -> None:
    match what:
        case "neon":
            bench.neon.fail = error
        case "ssm":
            bench.parameters.fail = error
        case _:
            bench.repository.fail = error


def mend(bench: Bench) -> None:
    bench.cluster.fail.clear()
    bench.neon.fail = bench.parameters.fail = bench.repository.fail = None


async def live_through(steps: list[tuple[tuple[str, str, str], float]]) -> None:
    bench = make_bench()
    async with following(bench) as screen:
        await bench.clock.advance(5)
        for step, seconds in steps:
            do(bench, step)
            await bench.clock.advance(seconds)
            for view in screen.views:
                honest(view)
            del screen.views[:-1]
        mend(bench)
        bench.cluster.put(made.application_json(reconciledAt=bench.clock.now().isoformat()))
        bench.fleet.refresh()
        # A person grants rights at their own pace: a kind that was denied is asked for again within this.
        await bench.clock.advance(75)
        assert {line.state for line in screen.last.sources} == {Freshness.LIVE}
        assert screen.verdict().state is HopState.HEALTHY, screen.verdict().cause


async def test_a_source_that_fails_while_a_large_fleet_is_judged_leaves_no_cell_behind() -> None:
    """Every tenant is judged anew, in more than one go, just when an answer comes or stays away."""
    bench = make_bench()
    held = bench.repository.held
    others = {f"other-{number}": held.tenants["identity-service"] for number in range(250)}
    bench.repository.held = replace(held, tenants={**held.tenants, **others})
    async with following(bench) as screen:
        await bench.clock.advance(10)
        assert len(screen.last.tenants) == len(others) + 1
        for turn in range(12):
            bench.parameters.fail = ERRORS["refused"] if turn % 2 else None
            bench.fleet.refresh()
            bench.cluster.put(secret_store(f"validated {turn} times"))
            await bench.clock.advance(0.7)
    for view in screen.views:
        honest(view)


@settings(max_examples=20)
@given(SEQUENCES)
def test_no_cell_is_healthy_while_its_source_is_not_live(
    steps: list[tuple[tuple[str, str, str], float]],
) -> None:
    asyncio.run(live_through(steps))


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=1000)
@given(SEQUENCES)
def test_no_cell_is_healthy_while_its_source_is_not_live_for_long(
    steps: list[tuple[tuple[str, str, str], float]],
) -> None:
    asyncio.run(live_through(steps))
