"""Calls a second: what the bucket of values takes, what has its own, and that the world's time fills them."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ssm.access.policy import EVERYTHING
from simulator.ssm.access.principals import Credential, Principal
from simulator.ssm.parameters.refusals import Refusal
from simulator.ssm.parameters.throughput import DEFAULT, HIGHER, Throttle, Throughput
from tests.simulator.controllers.clock import ManualClock
from tests.simulator.ssm.stores import ARN, KEY_ID, SECRET, Server, refused, unique


def taken(throttle: Throttle, *operations: str) -> int:
    """How many of these calls are let through."""
    count = 0
    for operation in operations:
        try:
            throttle.take(operation)
        except Refusal:
            continue
        count += 1
    return count


async def test_values_share_forty_a_second_and_listings_have_their_own() -> None:
    clock = ManualClock()
    throttle = Throttle(clock, DEFAULT)
    assert taken(throttle, *["GetParameter", "PutParameter"] * 30) == 40
    assert taken(throttle, *["DescribeParameters"] * 50) == 40
    await clock.advance(0.5)
    assert taken(throttle, *["GetParameters"] * 40) == 20
    await clock.advance(60)
    assert taken(throttle, *["GetParametersByPath"] * 100) == 40


def test_higher_throughput_raises_what_reads_values() -> None:
    throttle = Throttle(ManualClock(), HIGHER)
    assert taken(throttle, *["GetParameter"] * 2000) == 2000
    assert taken(throttle, *["GetParametersByPath"] * 200) == 100
    assert taken(throttle, *["PutParameter"] * 50) == 40


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 60)), max_size=20))
def test_never_more_than_a_seconds_worth_and_what_time_brought(waves: list[tuple[float, int]]) -> None:
    async def run() -> None:
        clock = ManualClock()
        throttle, let_through = Throttle(clock, DEFAULT), 0
        for pause, calls in waves:
            await clock.advance(pause)
            let_through += taken(throttle, *["GetParameter"] * calls)
            assert let_through <= 40 + 40 * clock.monotonic() + 1e-6

    asyncio.run(run())


def test_boto3_reads_it_as_throttling_and_who_looks_on_is_not_counted(moto: Server) -> None:
    name = unique("fast")
    credentials = {
        KEY_ID: Credential(SECRET, Principal(ARN, (EVERYTHING,))),
        "LKIAADMIN": Credential(SECRET, Principal(ARN, (EVERYTHING,), counted=False)),
    }
    store = moto.store(credentials, throughput=Throughput(shared=2.0), clock=ManualClock())

    def read(ssm: Any) -> None:
        ssm.get_parameters(Names=[name])

    with store.client() as ssm, store.client(key_id="LKIAADMIN") as admin:
        for _ in range(5):
            read(admin)
        read(ssm)
        read(ssm)
        assert refused(ssm.get_parameters, Names=[name]) == ("ThrottlingException", "Rate exceeded")
        read(admin)


@pytest.mark.parametrize("rate", [0.25, 1.0, 7.0])
def test_a_bucket_holds_at_least_one_call(rate: float) -> None:
    throttle = Throttle(ManualClock(), Throughput(shared=rate))
    assert taken(throttle, *["PutParameter"] * 20) == max(1, int(rate))
