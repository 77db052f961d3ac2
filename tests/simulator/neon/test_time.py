"""What takes time, and what is refused meanwhile; the clock stands still until told to go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from tests.simulator.neon.manual import ManualClock
from tests.simulator.neon.world import DEADLINE, Connection, Neon, Project, connect, neon, one
from tests.simulator.waiting import until

APPLY, SUSPEND, COLD_START = 0.3, 0.1, 0.3


@asynccontextmanager
async def _still(run_dir: Path) -> AsyncIterator[tuple[ManualClock, Neon]]:
    clock = ManualClock()
    async with neon(run_dir, clock) as world:
        yield clock, world


async def _statuses(project: Project) -> list[tuple[str, str]]:
    return [(op["action"], op["status"]) for op in reversed(await project.operations())]


async def _shows(project: Project, statuses: list[tuple[str, str]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while await _statuses(project) != statuses:  # noqa: ASYNC110 - operations are seen by polling, as users do
            await asyncio.sleep(0.01)


async def test_operations_run_one_after_the_other_and_lock_only_their_project(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project, other = await world.project(), await world.project()
        body = {"role": {"name": "app"}}
        answer = await world.json("POST", f"{project.branch}/roles", 201, json=body)
        assert [op["status"] for op in answer["operations"]] == ["running", "scheduling"]
        await world.json("GET", f"{project.branch}/roles/app", 200)
        await clock.until_slept_on(APPLY)

        database = {"database": {"name": "appdb", "owner_name": "app"}}
        for method, path, request in (
            ("POST", f"{project.branch}/roles", {"json": {"role": {"name": "second"}}}),
            ("POST", f"{project.branch}/databases", {"json": database}),
            ("PATCH", f"{project.branch}/databases/neondb", {"json": {"database": {"name": "n"}}}),
            ("DELETE", f"{project.branch}/databases/neondb", {}),
            ("DELETE", f"{project.branch}/roles/app", {}),
            ("POST", f"{project.branch}/roles/app/reset_password", {}),
            ("POST", f"{project.endpoint}/start", {}),
            ("POST", f"{project.endpoint}/suspend", {}),
        ):
            refused = await world.json(method, path, 423, **request)
            assert "project already has running conflicting operations" in refused["message"]
        assert [
            role["name"] for role in (await world.json("GET", f"{project.branch}/roles", 200))["roles"]
        ] == [
            "neondb_owner",
            "app",
        ]
        await world.json("POST", f"{other.branch}/roles", 201, json=body)

        clock.advance(APPLY)
        await _shows(project, [("apply_config", "finished"), ("suspend_compute", "running")])
        await world.json("POST", f"{project.branch}/databases", 423, json=database)
        clock.advance(SUSPEND)
        await project.settled(answer)
        assert await project.state() == "idle"
        await world.json("POST", f"{project.branch}/databases", 201, json=database)


async def test_an_unused_compute_is_suspended_after_its_timeout_and_not_before(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project(suspend_timeout_seconds=60)
        await (await _woken(clock, project)).close()
        await clock.until_slept_on(60)
        clock.advance(59)
        assert await project.state() == "active"

        session = await connect(await project.uri())
        clock.advance(59)
        assert await one(session, "SELECT 1") == 1
        await session.close()
        await clock.until_slept_on(60)
        clock.advance(60)
        await project.becomes("idle")
        assert await _statuses(project) == [("start_compute", "finished"), ("suspend_compute", "finished")]


async def test_an_open_session_alone_does_not_keep_a_compute_awake(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project(suspend_timeout_seconds=60)
        session = await _woken(clock, project)
        clock.advance(59)
        assert await one(session, "SELECT 1") == 1
        clock.advance(1)
        await clock.until_slept_on(59)
        assert await project.state() == "active"
        clock.advance(59)
        await project.becomes("idle")
        with pytest.raises(psycopg.OperationalError):
            await session.execute("SELECT 1")
        await session.close()


async def test_an_open_transaction_keeps_a_compute_awake(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project(suspend_timeout_seconds=60)
        async with await _woken(clock, project) as session:
            await session.execute("BEGIN")
            for _ in range(3):
                clock.advance(60)
                await clock.until_slept_on(60)
            await session.execute("COMMIT")
            assert await project.state() == "active"


async def test_a_compute_that_never_sleeps_stays(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project(suspend_timeout_seconds=-1)
        await (await _woken(clock, project)).close()
        clock.advance(10_000_000)
        assert await project.state() == "active"


async def test_a_waking_compute_says_so_and_cannot_be_suspended(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project()
        waking = asyncio.ensure_future(connect(await project.uri()))
        await clock.until_slept_on(COLD_START)
        shown = (await project.get("/endpoints"))["endpoints"][0]
        assert (shown["current_state"], shown["pending_state"]) == ("idle", "active")
        refused = await world.json("POST", f"{project.endpoint}/suspend", 423)
        assert refused["message"] == "endpoint is in some transitive state, could not suspend"
        clock.advance(COLD_START)
        await (await waking).close()


async def test_a_client_that_leaves_while_a_compute_wakes_does_not_keep_it_awake(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project()
        waking = asyncio.ensure_future(connect(await project.uri()))
        await clock.until_slept_on(COLD_START)
        waking.cancel()
        await asyncio.wait([waking])
        clock.advance(COLD_START)
        await until(lambda: not world.service._front._sessions)
        assert await project.state() == "active"
        await clock.until_slept_on(300)
        clock.advance(300)
        await project.becomes("idle")


async def test_the_old_password_works_until_the_reset_has_finished(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project()
        uri = await project.uri()
        await (await _woken(clock, project)).close()
        answer = await world.json("POST", f"{project.branch}/roles/neondb_owner/reset_password", 200)
        async with await connect(uri) as session:
            assert await one(session, "SELECT 1") == 1
        clock.advance(APPLY)
        await project.settled(answer)
        async with await connect(await project.uri()) as session:
            assert await one(session, "SELECT 1") == 1


async def test_active_time_is_counted(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world):
        project = await world.project()
        await (await _woken(clock, project)).close()
        await clock.until_slept_on(300)
        clock.advance(100)
        shown = (await project.get())["project"]
        assert (shown["active_time_seconds"], shown["compute_time_seconds"]) == (100, 25)


async def _woken(clock: ManualClock, project: Project) -> Connection:
    waking = asyncio.ensure_future(connect(await project.uri()))
    await clock.until_slept_on(COLD_START)
    clock.advance(COLD_START)
    return await waking
