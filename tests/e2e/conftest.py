"""A world for the tests of a module. Its time passes ten times faster: that shortens waits and skips none."""

from collections.abc import Iterator

import pytest

from tests.e2e.tier import Tier
from tests.e2e.world import Live, living

SPEED = 10.0


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory, tier: Tier) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("world"), tier, SPEED) as world:
        yield world
