"""One service of each kind of compute for the whole package; every test works in a project of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.simulator.neon.world import KINDS, Neon, Project, neon


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="world", params=KINDS)
async def _world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Neon]:
    async with neon(tmp_path_factory.mktemp("neon"), kind=request.param) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", name="project")
async def _project(world: Neon) -> Project:
    return await world.project()
