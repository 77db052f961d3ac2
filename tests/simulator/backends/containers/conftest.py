"""An engine with marks of its own, for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.backends.containers.engine import Engine
from tests.simulator.engines import opened


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with opened(tmp_path, "ryuk", "localstack") as made:
        yield made
