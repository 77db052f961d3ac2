"""Computes sleep and wake, and only the right connections reach them."""

import asyncio

import httpx
import psycopg
import pytest

from tests.simulator.neon.world import DEADLINE, Neon, Project, connect, one
from tests.simulator.waiting import until

# Longer than a server that is awake takes to let somebody in.
LET_IN_SECONDS = 0.5
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_connection_wakes_a_sleeping_compute(project: Project) -> None:
    assert await project.state() == "idle"
    async with await connect(await project.uri()) as session:
        assert await one(session, "SELECT 1") == 1
        shown = (await project.get("/endpoints"))["endpoints"][0]
    assert shown["current_state"] == "active"
    assert shown["started_at"]
    assert shown["last_active"]
    assert [(op["action"], op["status"]) for op in await project.operations()] == [
        ("start_compute", "finished")
    ]


async def test_reading_the_api_wakes_nothing(world: Neon, project: Project) -> None:
    for path in (project.path, project.branch, project.endpoint, f"{project.branch}/roles"):
        await world.json("GET", path, 200)
    await project.uri()
    assert await project.state() == "idle"
    assert await project.operations() == []


async def test_suspend_cuts_sessions_and_start_brings_the_data_back(world: Neon, project: Project) -> None:
    session = await connect(await project.uri())
    await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    answer = await world.json("POST", f"{project.endpoint}/suspend", 200)
    assert [op["action"] for op in answer["operations"]] == ["suspend_compute"]
    await project.settled(answer)
    with pytest.raises(psycopg.OperationalError):
        await session.execute("SELECT 1")
    await session.close()
    assert await project.state() == "idle"
    assert (await project.get("/endpoints"))["endpoints"][0]["suspended_at"]

    answer = await world.json("POST", f"{project.endpoint}/start", 200)
    assert answer["endpoint"]["current_state"] == "idle"
    assert answer["endpoint"]["pending_state"] == "active"
    await project.settled(answer)
    assert await project.state() == "active"
    async with await connect(await project.uri()) as again:
        assert await one(again, "SELECT answer FROM kept") == 42


async def test_whoever_comes_while_a_compute_is_put_to_sleep_is_let_in_by_the_next_server(
    world: Neon, project: Project
) -> None:
    uri = await project.uri()
    async with await connect(uri):
        compute = world.service._computes.reached_as(project.endpoint_id)
    assert compute._hand is not None
    async with compute._hand.turn():
        # What is measured at the end of a server waits for this turn.
        suspending = asyncio.ensure_future(compute.suspend())
        await until(lambda: compute._endpoint.pending_state == "idle")
        coming = asyncio.ensure_future(connect(uri))
        await until(lambda: compute._served > 0)
        let_in, _ = await asyncio.wait({coming}, timeout=LET_IN_SECONDS)
        assert not let_in
    assert await suspending
    async with await coming as session:
        assert await one(session, "SELECT 1") == 1


async def test_making_a_role_drops_the_sessions_of_its_neighbours(project: Project) -> None:
    session = await connect(await project.uri())
    await project.role("newcomer")
    with pytest.raises(psycopg.OperationalError):
        await session.execute("SELECT 1")
    await session.close()


async def test_making_a_database_leaves_sessions_alone(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await project.database("another", "neondb_owner")
        assert await one(session, "SELECT 1") == 1


async def test_a_change_to_a_sleeping_compute_puts_it_back_to_sleep(project: Project) -> None:
    await project.role("app")
    assert [op["action"] for op in await project.operations()] == ["suspend_compute", "apply_config"]
    assert await project.state() == "idle"


async def test_a_disabled_compute_is_not_woken(world: Neon, project: Project) -> None:
    uri = await project.uri()
    async with await connect(uri):
        body = {"endpoint": {"disabled": True}}
        await project.settled(await world.json("PATCH", project.endpoint, 200, json=body))
        assert await project.state() == "idle"
    with pytest.raises(psycopg.OperationalError, match="endpoint has been disabled"):
        await connect(uri)
    await world.json("POST", f"{project.endpoint}/start", 422)
    body = {"endpoint": {"disabled": False}}
    await project.settled(await world.json("PATCH", project.endpoint, 200, json=body))
    async with await connect(uri) as session:
        assert await one(session, "SELECT 1") == 1


async def test_a_plain_connection_is_refused_with_a_reason(project: Project) -> None:
    uri = (await project.uri()).replace("sslmode=require", "sslmode=disable")
    with pytest.raises(psycopg.OperationalError, match="connection is insecure"):
        await connect(uri)


async def test_a_client_without_sni_names_the_endpoint_in_its_options(world: Neon, project: Project) -> None:
    uri = await project.uri()
    with pytest.raises(psycopg.OperationalError, match="endpoint ID is not specified"):
        await connect(uri, sslsni="0")
    options = f"endpoint={project.endpoint_id} -c statement_timeout=1234"
    async with await connect(uri, sslsni="0", options=options) as session:
        assert await one(session, "SHOW statement_timeout") == "1234ms"
    nowhere = f"host=127.0.0.1 port={world.service.port} user=a dbname=b sslmode=require"
    with pytest.raises(psycopg.OperationalError, match="endpoint could not be found"):
        await connect(f"{nowhere} options=endpoint=ep-not-there-a0000000")


async def test_what_is_not_postgresql_is_turned_away(world: Neon, project: Project) -> None:
    uri = await project.uri()
    with pytest.raises(httpx.RemoteProtocolError):
        await world.http.get(f"http://127.0.0.1:{world.service.port}/")
    async with await connect(uri) as session:
        assert await one(session, "SELECT 1") == 1


async def test_a_running_statement_can_be_cancelled(project: Project) -> None:
    uri = await project.uri()
    async with await connect(uri, application_name="sleeper") as session, await connect(uri) as watcher:
        sleeping = asyncio.ensure_future(session.execute("SELECT pg_sleep(50)"))
        running = (
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sleeper' AND state = 'active'"
        )
        async with asyncio.timeout(DEADLINE):
            while not await one(watcher, running):  # noqa: ASYNC110 - the server sets no event of this loop
                await asyncio.sleep(0.01)
        await session.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            await sleeping
        assert await one(session, "SELECT 1") == 1


async def test_large_results_pass_the_front_whole(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        assert len(await one(session, "SELECT repeat('x', 8000000)")) == 8_000_000
