"""One simulated control plane over real PostgreSQL for the adapters' suites, a project for each test."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from portal.adapters.neon import NeonApi
from tests.adapters.neon.plane import client
from tests.simulator.neon.world import Neon, Project, neon


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="world")
async def _world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Neon]:
    async with neon(tmp_path_factory.mktemp("neon-contract")) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", name="api")
async def _api(world: Neon) -> AsyncIterator[NeonApi]:
    async with client(world) as api:
        yield api


@pytest_asyncio.fixture(loop_scope="session", name="project")
async def _project(world: Neon) -> Project:
    return await world.project()
