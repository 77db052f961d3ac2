"""One machine with kind per test."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.kind.machine import Machine, machine


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Machine]:
    with tempfile.TemporaryDirectory(prefix="zt") as short, machine(tmp_path, Path(short)) as made:
        yield made
