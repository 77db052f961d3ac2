"""Calls of `portal` come from one process that has read its code; it ends with the tests of this folder."""

from collections.abc import Iterator

import pytest

from tests.cli.shell import ending


@pytest.fixture(scope="package", autouse=True)
def _calls() -> Iterator[None]:
    with ending():
        yield
