"""What several suites of the simulator share."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="zt") as path:
        yield Path(path)
