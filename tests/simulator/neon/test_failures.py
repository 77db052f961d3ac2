"""Computes that do not come up, or die by themselves."""

import os
import signal
from pathlib import Path

import psycopg
import pytest

from tests.simulator.neon.world import connect, installation_of, neon, one


async def test_a_compute_that_does_not_start_fails_its_operation_and_can_be_started_later(
    tmp_path: Path,
) -> None:
    async with neon(tmp_path) as world:
        project = await world.project()
        template = installation_of(world).quarters.directory / "template"
        aside = template.rename(template.with_name("aside"))
        answer = await world.json("POST", f"{project.branch}/roles", 201, json={"role": {"name": "app"}})
        failed = await project.ended(answer["operations"][0]["id"])
        assert failed["status"] == "failed"
        assert "template" in failed["error"]
        assert failed["failures_count"] == 3
        assert (await project.ended(answer["operations"][1]["id"]))["status"] == "cancelled"
        with pytest.raises(psycopg.OperationalError, match="could not start the compute"):
            await connect(await project.uri())
        assert "pending_state" not in (await project.get("/endpoints"))["endpoints"][0]

        aside.rename(template)
        async with await connect(await project.uri("app")) as session:
            assert await one(session, "SELECT current_user") == "app"


async def test_a_postmaster_that_died_is_shown_idle_and_woken_by_the_next_connection(
    tmp_path: Path,
) -> None:
    async with neon(tmp_path) as world:
        project = await world.project()
        session = await connect(await project.uri())
        await session.execute("SET synchronous_commit = on")
        await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        data = installation_of(world).quarters.directory / project.branch_id
        os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGKILL)
        await project.becomes("idle")
        await session.close()
        async with await connect(await project.uri()) as again:
            assert await one(again, "SELECT answer FROM kept") == 42
