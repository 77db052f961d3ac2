"""Parts come up side by side, are watched while they last, and go down before what they stand on."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from simulator.harness.parts import Parts
from tests.simulator.waiting import DEADLINE


@asynccontextmanager
async def _part(name: str, events: list[str]) -> AsyncGenerator[str]:
    if not name:
        raise ConnectionError("no")
    events.append(f"{name} up")
    try:
        yield name
    finally:
        events.append(f"{name} down")


async def test_a_later_stage_is_closed_before_the_one_it_stands_on() -> None:
    events: list[str] = []
    parts = Parts()
    assert await parts.open("a", _part("a", events), stage=0) == "a"
    await parts.open("b", _part("b", events), stage=1)
    await parts.close()
    assert events == ["a up", "b up", "b down", "a down"]


async def test_what_keeps_a_part_from_opening_is_raised_there_and_the_others_close() -> None:
    events: list[str] = []
    parts = Parts()
    await parts.open("a", _part("a", events), stage=0)
    with pytest.raises(ConnectionError):
        await parts.open("broken", _part("", events), stage=0)
    await parts.close()
    assert events == ["a up", "a down"]


async def test_a_part_that_breaks_later_is_a_failure_of_all() -> None:
    snap = asyncio.Event()

    async def breaking() -> None:
        await snap.wait()
        raise ConnectionError("gone")

    parts = Parts()
    parts.run("breaking", breaking(), stage=0)
    snap.set()
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(DEADLINE):
            await parts.failure()
    await parts.close()


async def test_work_that_ends_by_itself_while_needed_is_a_failure_too() -> None:
    async def ending() -> None:
        await asyncio.sleep(0)

    parts = Parts()
    parts.run("ending", ending(), stage=0)
    with pytest.raises(RuntimeError, match="ending ended while it was needed"):
        async with asyncio.timeout(DEADLINE):
            await parts.failure()
    await parts.close()


async def test_endless_work_is_cancelled_at_the_close() -> None:
    cancelled = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    parts = Parts()
    parts.run("endless", endless(), stage=0)
    await asyncio.sleep(0)
    async with asyncio.timeout(DEADLINE):
        await parts.close()
    assert cancelled.is_set()
