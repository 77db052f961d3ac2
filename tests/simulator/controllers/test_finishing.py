"""A cancelled caller lets its call come to an end, and what it brought is disposed of."""

import asyncio

import pytest

from simulator.controllers.finishing import finished


async def test_a_cancelled_caller_is_cancelled_after_its_call_ended() -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def work() -> str:
        begun.set()
        await may_end.wait()
        ended.append("work")
        return "connection"

    async def dispose(result: str) -> None:
        ended.append(result)

    caller = asyncio.create_task(finished(work(), dispose))
    await begun.wait()
    caller.cancel()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended == ["work", "connection"]


async def test_results_and_failures_pass_through() -> None:
    async def good() -> int:
        return 1

    async def bad() -> int:
        raise ValueError("told")

    assert await finished(good()) == 1
    with pytest.raises(ValueError, match="told"):
        await finished(bad())
