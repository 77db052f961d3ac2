"""One service of each kind of compute for the whole package; every test works in a project of its own."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.simulator.neon.world import CONTAINER, KINDS, Neon, Project, neon

OF_DATA = {"test_branchdata", "test_computes", "test_load", "test_logins"}
"""Modules about what computes do and keep. What the others ask is the control plane, the same code whatever
computes are made of.
"""


def pytest_itemcollected(item: pytest.Item) -> None:
    called = getattr(item, "callspec", None)
    made_of = called.params.get("world") if called is not None else None
    if made_of == CONTAINER and item.path.stem not in OF_DATA:
        item.add_marker("long")


@pytest_asyncio.fixture(scope="session", loop_scope="session", name="world", params=KINDS)
async def _world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Neon]:
    async with neon(tmp_path_factory.mktemp("neon"), kind=request.param) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="session", name="project")
async def _project(world: Neon) -> Project:
    return await world.project()
