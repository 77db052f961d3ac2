"""An engine with marks of its own; whatever a test leaves in it is removed, and was an error."""

import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from simulator.backends.containers import removal
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.marks import Marks
from tests.simulator.engines import engine_url


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    url = engine_url("ryuk", "localstack")
    before = os.environ.get("DOCKER_HOST")
    made = Engine(url, Marks(f"t{secrets.token_hex(4)}", tmp_path))
    yield made
    await made.close()
    left = removal.marked(url, f"dev.zerotouch.run={made.marks.run_id}")
    removal.remove_all(url, left)
    if before is None:
        os.environ.pop("DOCKER_HOST", None)
    else:
        os.environ["DOCKER_HOST"] = before
    assert not left


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="zt") as path:
        yield Path(path)
