"""An engine with marks of its own, for each test."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from simulator.backends.containers.engine import Engine
from tests.simulator.engines import opened


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    async with opened(tmp_path, "ryuk", "localstack") as made:
        yield made


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="zt") as path:
        yield Path(path)
