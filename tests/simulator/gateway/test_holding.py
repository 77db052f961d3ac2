"""While the gate is shut nothing is delivered, and nobody is refused for it."""

import asyncio

from simulator.gateway.holding import Gate
from simulator.gateway.kube import Kube
from tests.simulator.gateway.conftest import OpenBench
from tests.simulator.waiting import until


async def test_calls_wait_for_the_gate_and_are_answered_then(bench: OpenBench) -> None:
    async with bench(Kube({})) as it:
        async with it.gate.shut():
            waiting = asyncio.create_task(it.client.post("/api/v1/pods", content=b"{}"))
            done, _ = await asyncio.wait({waiting}, timeout=0.1)
            assert not done
            assert it.behind.bodies == []
        assert (await waiting).status_code == 200
    assert it.behind.bodies == [b"{}"]


async def test_an_open_stream_does_not_keep_the_gate_open(bench: OpenBench) -> None:
    async with bench(Kube({})) as it, it.client.stream("GET", "/api/v1/pods?watch=true") as answer:
        lines = answer.aiter_lines()
        assert await anext(lines) == "line 0"
        async with asyncio.timeout(1), it.gate.shut():
            it.behind.go_on.set()
            assert await anext(lines) == "line 1"


async def test_the_gate_is_shut_once_those_inside_have_left() -> None:
    gate, leave, shut = Gate(), asyncio.Event(), asyncio.Event()

    async def stay() -> None:
        with gate.passing():
            await leave.wait()

    async def close() -> None:
        async with gate.shut():
            shut.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(stay())
        await asyncio.sleep(0)
        group.create_task(close())
        await asyncio.sleep(0)
        assert not shut.is_set()
        leave.set()
        await until(shut.is_set)
    async with asyncio.timeout(1):
        await gate.opened()
