"""Operations that fail: tried again, given up, refused, and what waited behind them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.neon.manual import ManualClock
from tests.simulator.neon.world import DEADLINE, Neon, Project, neon

BODY = {"role": {"name": "app"}}
APPLY = 0.3
shared = pytest.mark.asyncio(loop_scope="session")


async def _first(project: Project, status: str) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE):
        while True:
            found = (await project.operations())[-1]
            if found["status"] == status:
                return found
            await asyncio.sleep(0.01)


async def test_a_failure_is_tried_again_when_it_says_and_locks_until_then(tmp_path: Path) -> None:
    clock = ManualClock()
    async with neon(tmp_path, clock) as world:
        project = await world.project()
        world.mishaps.add("apply_config", "compute is not reachable")
        answer = await world.json("POST", f"{project.branch}/roles", 201, json=BODY)
        await clock.until_slept_on(APPLY)
        clock.advance(APPLY)
        failed = await _first(project, "failed")
        assert failed["error"] == "compute is not reachable"
        assert failed["failures_count"] == 1
        assert failed["retry_at"] == "2030-01-01T00:00:02Z"
        await world.json("POST", f"{project.branch}/roles", 423, json=BODY)
        await clock.until_slept_on(2)
        clock.advance(2)
        await clock.until_slept_on(APPLY)
        assert "retry_at" not in await _first(project, "running")
        clock.advance(APPLY)
        assert (await _first(project, "finished"))["failures_count"] == 1
        await clock.until_slept_on(0.1)
        clock.advance(0.1)
        await project.settled(answer)


@shared
async def test_the_third_failure_is_final_and_cancels_what_waits(world: Neon, project: Project) -> None:
    world.mishaps.add("apply_config", "compute is not reachable", times=3)
    answer = await world.json("POST", f"{project.branch}/roles", 201, json=BODY)
    failed, waiting = [await project.ended(op["id"]) for op in answer["operations"]]
    assert (failed["status"], failed["failures_count"]) == ("failed", 3)
    assert "retry_at" not in failed
    assert waiting["status"] == "cancelled"
    assert (await project.ended(failed["id"]))["total_duration_ms"] > 0
    await project.database("appdb", "app")


async def test_what_waits_behind_a_failure_is_cancelling_first(tmp_path: Path) -> None:
    clock = ManualClock()
    async with neon(tmp_path, clock) as world:
        project = await world.project()
        world.mishaps.add("apply_config", "no", times=3)
        await world.json("POST", f"{project.branch}/roles", 201, json=BODY)
        for seconds in (APPLY, 2, APPLY, 4, APPLY):
            await clock.until_slept_on(seconds)
            clock.advance(seconds)
        await clock.until_slept_on(0.1)
        statuses = [op["status"] for op in await project.operations()]
        assert statuses == ["cancelling", "failed"]
        await world.json("DELETE", f"{project.branch}/roles/app", 423)
        clock.advance(0.1)
        await _until_statuses(project, ["cancelled", "failed"])


@shared
async def test_a_compute_that_never_came_up_can_be_started_again(world: Neon, project: Project) -> None:
    world.mishaps.add("start_compute", "no capacity", times=3)
    answer = await world.json("POST", f"{project.endpoint}/start", 200)
    await project.ended(answer["operations"][0]["id"])
    shown = (await project.get("/endpoints"))["endpoints"][0]
    assert shown["current_state"] == "idle"
    assert "pending_state" not in shown
    await project.settle("POST", f"{project.endpoint}/start", 200)
    assert await project.state() == "active"


@shared
async def test_a_statement_postgresql_refuses_is_an_error_at_once(world: Neon, project: Project) -> None:
    await project.settle("POST", f"{project.endpoint}/start", 200)
    await project.role("ghost")
    compute = world.service._computes.reached_as(project.endpoint_id)
    async with await (await compute.awake()).connect() as session:
        await session.execute("DROP ROLE ghost")
    body = {"database": {"name": "appdb", "owner_name": "ghost"}}
    answer = await world.json("POST", f"{project.branch}/databases", 201, json=body)
    ended = await project.ended(answer["operations"][0]["id"])
    assert (ended["status"], ended["failures_count"]) == ("error", 1)
    assert ended["error"] == 'role "ghost" does not exist'


async def _until_statuses(project: Project, statuses: list[str]) -> None:
    async with asyncio.timeout(DEADLINE):
        while [op["status"] for op in await project.operations()] != statuses:  # noqa: ASYNC110 - seen by polling, as users do
            await asyncio.sleep(0.01)


@shared
@pytest.mark.parametrize("times", [1, 2])
async def test_fewer_failures_than_tries_are_survived(world: Neon, project: Project, times: int) -> None:
    world.mishaps.add("apply_config", "no", times=times)
    answer = await world.json("POST", f"{project.branch}/roles", 201, json=BODY)
    ended = await project.ended(answer["operations"][0]["id"])
    assert (ended["status"], ended["failures_count"]) == ("finished", times)
