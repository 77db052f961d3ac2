"""What the adapter suites share."""

from collections.abc import AsyncIterator

import pytest

from portal.adapters.threads import Threads


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    """A pool that is gone when the test is."""
    async with Threads(2, name="test") as pool:
        yield pool
