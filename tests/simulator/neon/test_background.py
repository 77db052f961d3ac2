"""Tasks of the service that nobody waits for."""

import asyncio

import pytest

from simulator.neon.background import Background
from tests.simulator.waiting import DEADLINE


async def test_an_unforeseen_fault_in_one_ends_what_they_all_belong_to() -> None:
    background = Background()
    others: list[asyncio.Task[None]] = []

    async def failing() -> None:
        raise LookupError("unforeseen")

    async def run() -> None:
        async with asyncio.timeout(DEADLINE), background.running():
            others.append(background.spawn(_last(), "lasting"))
            background.spawn(failing(), "failing")
            await asyncio.Event().wait()

    with pytest.raises(ExceptionGroup) as told:
        await run()
    assert [type(fault) for fault in told.value.exceptions] == [LookupError]
    assert [task.cancelled() for task in others] == [True]


async def test_those_that_still_run_at_the_end_are_cancelled_with_what_they_spawn() -> None:
    background = Background()
    spawned: list[asyncio.Task[None]] = []

    async def spawning() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            spawned.append(background.spawn(_last(), "late"))

    async with background.running():
        spawned.append(background.spawn(spawning(), "early"))
        await asyncio.sleep(0)
    assert [task.cancelled() for task in spawned] == [True, True]


async def _last() -> None:
    await asyncio.Event().wait()
