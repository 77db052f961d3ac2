"""A world for the tests of a module. Its time passes ten times faster: that shortens waits and skips none."""

from collections.abc import Iterator

import pytest

from tests.e2e.world import Live, living

SPEED = 10.0


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("world"), SPEED) as world:
        yield world
