"""Many connections at once find room, and none is lost to a compute that sleeps or is put to sleep."""

import asyncio

import pytest

from tests.simulator.neon.world import DEADLINE, Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_two_hundred_connections_wake_a_compute_together(project: Project) -> None:
    uri = await project.uri()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        opening = [group.create_task(connect(uri)) for _ in range(200)]
    sessions = [task.result() for task in opening]
    count = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'neondb_owner'"
    assert await one(sessions[0], count) == 200
    starts = [op for op in await project.operations() if op["action"] == "start_compute"]
    assert [op["status"] for op in starts] == ["finished"]
    async with asyncio.TaskGroup() as group:
        for session in sessions:
            group.create_task(session.close())


async def test_no_attempt_is_lost_while_the_compute_is_suspended_again_and_again(
    world: Neon, project: Project
) -> None:
    uri = await project.uri()
    done = asyncio.Event()
    attempts = 0

    async def attempt() -> None:
        nonlocal attempts
        while not done.is_set():
            await (await connect(uri)).close()
            attempts += 1

    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(attempt())
        suspended = 0
        while suspended < 5:
            answer = await world.http.post(f"{project.endpoint}/suspend")
            assert answer.status_code in {200, 423}
            if answer.status_code == 200:
                await project.settled(answer.json())
                suspended += 1
            await asyncio.sleep(0.05)
        done.set()
    assert attempts > 10
    assert await project.state() == "active"


async def test_a_role_made_meanwhile_loses_no_attempt_either(project: Project) -> None:
    uri = await project.uri()
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        making = group.create_task(project.role("newcomer"))
        while not making.done():
            await (await connect(uri)).close()
