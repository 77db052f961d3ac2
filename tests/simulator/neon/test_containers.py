"""Computes in containers: killed, removed, asleep; their data stays, and no password is told anywhere."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from simulator.backends.containers import removal, wire
from simulator.backends.containers.marks import RUN
from simulator.neon.container_cluster import ContainerCluster
from tests.simulator.neon.world import CONTAINER, Neon, Project, connect, neon, one
from tests.simulator.processes import arguments

pytestmark = pytest.mark.containers


@dataclass(frozen=True)
class Contained:
    """A service whose computes are containers, and its engine."""

    neon: Neon
    cluster: ContainerCluster

    def call(self, method: str, path: str) -> Any:
        status, answer = wire.call(self.cluster.engine.url, method, path)
        assert status < 300, answer
        return answer

    def container(self, project: Project) -> str:
        return f"/containers/{self.cluster.engine.marks.name(f'postgres-{project.endpoint_id}')}"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Contained]:
    async with neon(tmp_path, kind=CONTAINER) as service:
        cluster = service.service._computes.cluster
        assert isinstance(cluster, ContainerCluster)
        yield Contained(service, cluster)


async def test_a_killed_compute_is_shown_idle_and_woken_by_the_next_connection(world: Contained) -> None:
    project = await world.neon.project()
    session = await connect(await project.uri())
    await session.execute("SET synchronous_commit = on")
    await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    before = world.call("GET", f"{world.container(project)}/json")["Id"]
    world.call("POST", f"{world.container(project)}/kill")
    await project.becomes("idle")
    await session.close()
    async with await connect(await project.uri()) as again:
        assert await one(again, "SELECT answer FROM kept") == 42
    assert world.call("GET", f"{world.container(project)}/json")["Id"] == before


async def test_a_removed_compute_is_made_again_on_the_data_of_its_branch(world: Contained) -> None:
    project = await world.neon.project()
    async with await connect(await project.uri()) as session:
        await session.execute("SET synchronous_commit = on")
        await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    world.call("DELETE", f"{world.container(project)}?force=1&v=1")
    await project.becomes("idle")
    async with await connect(await project.uri()) as again:
        assert await one(again, "SELECT answer FROM kept") == 42


async def test_a_sleeping_compute_keeps_its_container_and_a_deleted_one_does_not(world: Contained) -> None:
    project = await world.neon.project()
    await (await connect(await project.uri())).close()
    await project.settled(await world.neon.json("POST", f"{project.endpoint}/suspend", 200))
    state = world.call("GET", f"{world.container(project)}/json")["State"]
    assert (state["Running"], state["ExitCode"]) == (False, 0)
    await project.settled(await world.neon.json("DELETE", project.endpoint, 200))
    status, _ = wire.call(world.cluster.engine.url, "GET", f"{world.container(project)}/json")
    assert status == 404


async def test_every_branch_has_a_volume_of_its_own_marked_as_the_runs(world: Contained) -> None:
    first, second = await world.neon.project(), await world.neon.project()
    sessions = [await connect(await each.uri()) for each in (first, second)]
    await sessions[0].execute("CREATE TABLE mine AS SELECT 1")
    assert await one(sessions[1], "SELECT to_regclass('mine') IS NULL")
    for session in sessions:
        await session.close()
    marks = world.cluster.engine.marks
    left = removal.marked(world.cluster.engine.url, f"{RUN}={marks.run_id}")
    names = {marks.name(f"postgres-{each}") for each in ("template", first.branch_id, second.branch_id)}
    assert {each.name for each in left if each.kind == "volume"} == names


async def test_no_password_is_in_an_argument_a_description_or_a_log(world: Contained, tmp_path: Path) -> None:
    project = await world.neon.project()
    secrets = [world.cluster._password, (await project.role("app"))["password"]]
    async with await connect(await project.uri()) as session:
        await session.execute("SELECT 1")
        told = orjson.dumps(world.call("GET", f"{world.container(project)}/json")).decode()
        told += "\n".join(await arguments())
    files = [path.read_text(errors="replace") for path in tmp_path.rglob("*") if path.is_file()]
    for secret in secrets:
        assert secret not in told
        assert not any(secret in text for text in files)


async def test_the_superuser_needs_the_password_over_the_network(world: Contained) -> None:
    project = await world.neon.project()
    async with await connect(await project.uri()) as session:
        assert await one(session, "SHOW fsync") == "off"
        port = world.call("GET", f"{world.container(project)}/json")["NetworkSettings"]["Ports"]["5432/tcp"]
        assert {binding["HostIp"] for binding in port} == {"127.0.0.1"}
        uri = f"postgresql://cloud_admin:guessed@127.0.0.1:{port[0]['HostPort']}/postgres?sslmode=disable"
        with pytest.raises(Exception, match="password authentication failed"):
            await connect(uri)


async def test_a_world_that_is_given_up_while_it_comes_up_leaves_nothing(tmp_path: Path) -> None:
    async def come_up(run_dir: Path) -> None:
        async with neon(run_dir, kind=CONTAINER):
            await asyncio.Event().wait()

    for after in (0.2, 0.6, 1.2):
        task = asyncio.create_task(come_up(tmp_path / str(after)))
        await asyncio.wait([task], timeout=after)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_compute_whose_data_nobody_needs_is_removed_without_a_shutdown(
    world: Contained, tmp_path: Path
) -> None:
    project = await world.neon.project()
    await (await connect(await project.uri())).close()
    computes = world.neon.service._computes
    (compute,) = computes._computes.values()
    await compute.close(data_needed=False)
    status, _ = wire.call(world.cluster.engine.url, "GET", f"{world.container(project)}/json")
    assert status == 404
    log = (tmp_path / "logs" / f"postgres-{project.endpoint_id}.log").read_text()
    assert "database system is ready" in log
    assert "shutting down" not in log
