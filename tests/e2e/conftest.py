"""A world for the tests of a module. Its time passes ten times faster: that shortens waits and skips none."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.cli.shell import Server
from tests.e2e.tier import Tier
from tests.e2e.world import Live, living

SPEED = 10.0
READ = ("aiohttp", "kubernetes.aio.client", "kubernetes.aio.config", "boto3", "botocore.session", "orjson")
"""What most commands load when they first ask a system."""


@pytest.fixture(scope="module", name="live")
def _live(tmp_path_factory: pytest.TempPathFactory, tier: Tier) -> Iterator[Live]:
    with living(tmp_path_factory.mktemp("world"), tier, SPEED) as world:
        server = Server(world.account.environment, *READ)
        yield replace(world, server=server)
        server.end()
