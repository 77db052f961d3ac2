"""Branches' data while computes run, sleep and are put to sleep: copies are whole, and apart from then on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from simulator.neon.branchdata import BranchData
from simulator.neon.catalog import Connection as Superuser
from simulator.neon.cluster import Cluster
from tests.simulator.neon.world import DEADLINE, Connection, Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _cluster(world: Neon) -> Cluster:
    cluster = world.service._computes.cluster
    assert cluster is not None
    return cluster


@pytest_asyncio.fixture(loop_scope="session", name="project")
async def _project(world: Neon) -> Project:
    """Its compute is not put to sleep while a session waits for a copy."""
    return await world.project(suspend_timeout_seconds=-1)


@pytest.fixture(name="data")
def _data(world: Neon) -> BranchData:
    return _cluster(world).data


@asynccontextmanager
async def _served(world: Neon, name: str) -> AsyncIterator[Superuser]:
    """A superuser's session on data of that name, the way a compute would run on them."""
    endpoint = f"ep-{name}"
    server = await _cluster(world).start(name, endpoint)
    try:
        async with await server.connect("neondb") as session:
            yield session
    finally:
        await server.stop()
        await _cluster(world).forget(endpoint)


async def _first(session: Superuser, query: str) -> object:
    row = await (await session.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


async def _filled(project: Project) -> Connection:
    """A session on a compute that has a table."""
    session = await connect(await project.uri())
    await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    return session


async def test_a_child_has_what_its_serving_parent_has_and_is_apart_from_it(
    world: Neon, project: Project, data: BranchData
) -> None:
    child = f"{project.branch_id}-child"
    async with await _filled(project) as session:
        await data.copy(project.branch_id, child)
        await session.execute("UPDATE kept SET answer = 43")
        async with _served(world, child) as other:
            assert await _first(other, "SELECT answer FROM kept") == 42
            assert await _first(other, "SELECT 1 FROM pg_roles WHERE rolname = 'neondb_owner'") == 1
            await other.execute("DROP TABLE kept")
        assert await one(session, "SELECT answer FROM kept") == 43
    await data.forget(child)


async def test_a_child_of_a_busy_parent_is_consistent(
    world: Neon, project: Project, data: BranchData
) -> None:
    child = f"{project.branch_id}-busy"
    done = asyncio.Event()

    async def busy(session: Connection) -> None:
        """Rows move between two tables, a third comes and goes, so no file keeps still."""
        while not done.is_set():
            await session.execute("UPDATE one SET n = n - 1, pad = repeat(chr(97 + n % 26), 500)")
            await session.execute("DROP TABLE IF EXISTS passing")
            await session.execute("CREATE TABLE passing AS SELECT generate_series(1, 2000)")
            async with session.transaction():
                await session.execute("UPDATE pair SET a = a + 1")
                await session.execute("UPDATE pair SET b = b - 1")

    async with await _filled(project) as session, await connect(await project.uri()) as worker:
        await session.execute("CREATE TABLE one AS SELECT g AS n, '' AS pad FROM generate_series(1, 500) g")
        await session.execute("CREATE TABLE pair AS SELECT 0 AS a, 0 AS b FROM generate_series(1, 500)")
        async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
            group.create_task(busy(worker))
            await session.execute("CREATE TABLE before AS SELECT 1")
            await data.copy(project.branch_id, child)
            done.set()
        async with _served(world, child) as other:
            assert await _first(other, "SELECT count(*) FROM before") == 1
            assert await _first(other, "SELECT count(*) FROM one") == 500
            assert await _first(other, "SELECT count(DISTINCT n + length(pad) * 0) FROM one") == 500
            assert await _first(other, "SELECT count(*) FILTER (WHERE a + b <> 0) FROM pair") == 0
    await data.forget(child)


async def test_a_child_of_a_sleeping_parent_needs_no_compute(
    world: Neon, project: Project, data: BranchData
) -> None:
    child, grandchild = f"{project.branch_id}-child", f"{project.branch_id}-grandchild"
    await (await _filled(project)).close()
    await project.settled(await world.json("POST", f"{project.endpoint}/suspend", 200))
    await data.copy(project.branch_id, child)
    await data.copy(child, grandchild)
    assert await project.state() == "idle"
    async with _served(world, grandchild) as other:
        assert await _first(other, "SELECT answer FROM kept") == 42
    for name in (child, grandchild):
        await data.forget(name)


async def test_a_child_that_never_ran_can_have_children(
    world: Neon, project: Project, data: BranchData
) -> None:
    child, grandchild = f"{project.branch_id}-child", f"{project.branch_id}-grandchild"
    async with await _filled(project):
        await data.copy(project.branch_id, child)
    await data.copy(child, grandchild)
    await data.forget(child)
    async with _served(world, grandchild) as other:
        assert await _first(other, "SELECT answer FROM kept") == 42
    await data.forget(grandchild)


async def test_a_parent_put_to_sleep_meanwhile_costs_no_child(
    world: Neon, project: Project, data: BranchData
) -> None:
    child = f"{project.branch_id}-child"
    session = await _filled(project)
    copying = asyncio.ensure_future(data.copy(project.branch_id, child))
    await project.settled(await world.json("POST", f"{project.endpoint}/suspend", 200))
    await copying
    await session.close()
    async with _served(world, child) as other:
        assert await _first(other, "SELECT answer FROM kept") == 42
    await data.forget(child)


async def test_a_parent_without_data_has_none_to_copy(
    world: Neon, project: Project, data: BranchData
) -> None:
    child = f"{project.branch_id}-child"
    await data.copy(project.branch_id, child)
    server = await _cluster(world).start(child, child)
    async with await server.connect() as session:
        assert await _first(session, "SELECT count(*) FROM pg_database WHERE datname = 'neondb'") == 0
    await server.stop()
    await _cluster(world).forget(child)
    await data.forget(child)


async def test_a_branch_put_back_to_a_snapshot_keeps_its_former_state_under_another_name(
    world: Neon, project: Project, data: BranchData
) -> None:
    snapshot, former = f"{project.branch_id}-snap", f"{project.branch_id}-former"
    session = await _filled(project)
    await data.copy(project.branch_id, snapshot)
    await session.execute("UPDATE kept SET answer = 43")
    await session.close()
    for again in range(2):
        await project.settled(await world.json("POST", f"{project.endpoint}/suspend", 200))
        await data.restore(project.branch_id, snapshot, None if again else former)
        async with await connect(await project.uri()) as back:
            assert await one(back, "SELECT answer FROM kept") == 42
            await back.execute("UPDATE kept SET answer = 44")
    async with _served(world, former) as other:
        assert await _first(other, "SELECT answer FROM kept") == 43
    for name in (snapshot, former):
        await data.forget(name)


async def test_a_copy_that_is_cancelled_leaves_nothing_and_can_be_made_again(
    world: Neon, project: Project, data: BranchData
) -> None:
    child = f"{project.branch_id}-child"
    async with await _filled(project) as session:
        copying = asyncio.ensure_future(data.copy(project.branch_id, child))
        await _slots(session, 1)
        copying.cancel()
        await asyncio.wait([copying])
        assert copying.cancelled()
        await data.copy(project.branch_id, child)
        await _slots(session, 0)
    async with _served(world, child) as other:
        assert await _first(other, "SELECT answer FROM kept") == 42
    await data.forget(child)


async def _slots(session: Connection, count: int) -> None:
    """Return once the server keeps its log for that many backups."""
    async with asyncio.timeout(DEADLINE):
        while await one(session, "SELECT count(*) FROM pg_replication_slots") != count:  # noqa: ASYNC110 - the server sets no event of this loop
            await asyncio.sleep(0.005)
