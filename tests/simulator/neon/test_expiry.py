"""What goes by itself: branches and snapshots that expire, and the deleted that nobody recovered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.simulator.neon.manual import ManualClock
from tests.simulator.neon.world import DEADLINE, Neon, Project, neon

STEP = 0.2
WEEK = 7 * 86400


@asynccontextmanager
async def _still(run_dir: Path) -> AsyncIterator[tuple[ManualClock, Neon, Project]]:
    clock = ManualClock()
    async with neon(run_dir, clock) as world:
        yield clock, world, await world.project()


async def _settled(clock: ManualClock, project: Project, answer: Any) -> Any:
    """Let the operations of an answer pass, one after the other."""
    for begun in answer["operations"]:
        seconds = 0.1 if begun["action"] == "suspend_compute" else STEP
        await clock.until_slept_on(seconds)
        clock.advance(seconds)
        await project.ended(begun["id"])
    return answer


def _in(clock: ManualClock, **duration: float) -> str:
    moment: datetime = clock.now() + timedelta(**duration)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def _until(there: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await there():  # noqa: ASYNC110 - what goes by itself is seen by polling, as users do
            await asyncio.sleep(0.01)


async def _status(world: Neon, path: str, status: int) -> None:
    async def answered() -> bool:
        return (await world.http.get(path)).status_code == status

    await _until(answered)


async def _only_branch(project: Project) -> bool:
    return len((await project.get("/branches?include_deleted=true"))["branches"]) == 1


async def _no_snapshots(project: Project) -> bool:
    return not (await project.get("/snapshots"))["snapshots"]


async def test_a_branch_is_deleted_at_its_moment_and_can_be_recovered_for_a_week(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world, project):
        body = {"branch": {"name": "short", "expires_at": _in(clock, hours=1)}}
        made = await _settled(
            clock, project, await world.json("POST", f"{project.path}/branches", 201, json=body)
        )
        path = f"{project.path}/branches/{made['branch']['id']}"
        assert made["branch"]["ttl_interval_seconds"] == 3600
        clock.advance(3599 - STEP)
        await world.json("GET", path, 200)
        clock.advance(1)
        await _status(world, path, 404)
        deleted = (await project.get("/branches?include_deleted=true"))["branches"]
        recovery = {branch["name"]: branch for branch in deleted}["short"]["recovery"]
        assert recovery["deletion_method"] == "ttl"
        await clock.until_slept_on(STEP)
        clock.advance(STEP)
        await project.ended((await project.operations())[0]["id"])
        back = await world.json("POST", f"{path}/recover", 200)
        assert "expires_at" not in back["branch"]
        clock.advance(2 * WEEK)
        await world.json("GET", path, 200)


async def test_what_nobody_recovers_within_a_week_is_gone(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world, project):
        made = await _settled(clock, project, await world.json("POST", f"{project.path}/branches", 201))
        path = f"{project.path}/branches/{made['branch']['id']}"
        await _settled(clock, project, await world.json("DELETE", path, 200))
        clock.advance(WEEK)
        await _until(lambda: _only_branch(project))
        await world.json("POST", f"{path}/recover", 404)
        await clock.until_slept_on(STEP)
        clock.advance(STEP)
        await project.ended((await project.operations())[0]["id"])
        await world.json("DELETE", project.path, 200)
        clock.advance(WEEK)
        async with asyncio.timeout(DEADLINE):
            while (await world.http.post(f"{project.path}/recover")).status_code != 404:
                clock.advance(0.1)
                await asyncio.sleep(0.01)


async def test_an_expiry_can_be_moved_and_cleared_where_it_may_be_at_all(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world, project):
        made = await _settled(clock, project, await world.json("POST", f"{project.path}/branches", 201))
        path = f"{project.path}/branches/{made['branch']['id']}"
        soon = {"branch": {"expires_at": _in(clock, hours=1)}}
        await world.json("PATCH", path, 200, json=soon)
        await world.json("POST", f"{path}/set_as_default", 422)
        child = {"branch": {"parent_id": made["branch"]["id"]}}
        await world.json("POST", f"{project.path}/branches", 422, json=child)
        await world.json("PATCH", path, 422, json={"branch": {"protected": True}})
        shown = await world.json("PATCH", path, 200, json={"branch": {"expires_at": None}})
        assert "expires_at" not in shown["branch"]
        clock.advance(7200)
        await world.json("GET", path, 200)
        await world.json("PATCH", path, 400, json=soon)
        later = {"branch": {"expires_at": _in(clock, days=1)}}
        await world.json("PATCH", project.branch, 422, json=later)
        await world.json("PATCH", path, 200, json={"branch": {"protected": True}})
        await world.json("PATCH", path, 422, json=later)


async def test_a_snapshot_goes_at_its_moment(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world, project):
        query = {"expires_at": _in(clock, minutes=10)}
        answer = await world.json("POST", f"{project.branch}/snapshot", 200, params=query)
        await _settled(clock, project, answer)
        clock.advance(599 - STEP)
        assert (await project.get("/snapshots"))["snapshots"]
        clock.advance(1)
        await _until(lambda: _no_snapshots(project))


async def test_what_expires_while_operations_run_waits_for_them(tmp_path: Path) -> None:
    async with _still(tmp_path) as (clock, world, project):
        query = {"expires_at": _in(clock, seconds=1)}
        answer = await world.json("POST", f"{project.branch}/snapshot", 200, params=query)
        await _settled(clock, project, answer)
        await world.json("POST", f"{project.branch}/roles", 201, json={"role": {"name": "app"}})
        clock.advance(0.8)
        await clock.until_slept_on(5)
        assert (await project.get("/snapshots"))["snapshots"]
