"""One reading that is given up before its turn came."""

import asyncio

from portal.core.facets import Source
from portal.engine.fleet.sources import attempt
from tests.engine.fleet.clock import VirtualClock


async def test_a_reading_given_up_before_its_turn_never_begins() -> None:
    asked: list[str] = []

    async def describe(prefix: str) -> None:
        asked.append(prefix)

    reading = asyncio.ensure_future(attempt(Source.SSM, VirtualClock(), describe, "/zerotouch"))
    reading.cancel()
    await asyncio.wait([reading])
    # A coroutine that was made and never awaited would warn here, which fails a test.
    assert reading.cancelled()
    assert not asked
