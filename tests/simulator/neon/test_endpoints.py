"""Endpoints: their kinds, settings, restarts and moves."""

import psycopg
import pytest

from tests.simulator.neon.world import Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _replica(project: Project) -> str:
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only"}}
    answer = await project.settle("POST", f"{project.path}/endpoints", 201, json=body)
    return str(answer["endpoint"]["id"])


async def test_a_read_only_endpoint_reads_what_the_other_one_writes(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        replica = await _replica(project)
        async with await connect(await project.uri(endpoint_id=replica)) as reader:
            assert await one(reader, "SELECT answer FROM kept") == 42
            await session.execute("UPDATE kept SET answer = 43")
            assert await one(reader, "SELECT answer FROM kept") == 43
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                await reader.execute("DELETE FROM kept")
    await _replica(project)
    types = [endpoint["type"] for endpoint in (await project.get("/endpoints"))["endpoints"]]
    assert types == ["read_write", "read_only", "read_only"]


async def test_a_read_only_endpoint_sleeps_and_wakes(world: Neon, project: Project) -> None:
    replica = f"{project.path}/endpoints/{await _replica(project)}"
    assert (await world.json("GET", replica, 200))["endpoint"]["current_state"] == "active"
    await project.settle("POST", f"{replica}/suspend", 200)
    assert (await world.json("GET", replica, 200))["endpoint"]["current_state"] == "idle"
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    await project.settle("POST", f"{replica}/start", 200)
    assert await project.state() == "active"
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    async with await connect(await project.uri(endpoint_id=replica.rpartition("/")[2])) as reader:
        assert await one(reader, "SELECT 1") == 1


async def test_a_read_only_endpoint_alone_fails_with_a_reason(world: Neon, project: Project) -> None:
    await project.settle("DELETE", project.endpoint, 200)
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only"}}
    answer = await world.json("POST", f"{project.path}/endpoints", 201, json=body)
    failed = await project.ended(answer["operations"][0]["id"])
    assert failed["status"] == "failed"
    assert "needs the read-write compute" in failed["error"]


async def test_a_restart_cuts_sessions_and_ends_active(project: Project) -> None:
    session = await connect(await project.uri())
    answer = await project.settle("POST", f"{project.endpoint}/restart", 200)
    assert [op["action"] for op in answer["operations"]] == ["suspend_compute", "start_compute"]
    with pytest.raises(psycopg.OperationalError):
        await session.execute("SELECT 1")
    await session.close()
    assert await project.state() == "active"


async def test_starting_what_runs_is_skipped(project: Project) -> None:
    for expected in ("finished", "skipped"):
        answer = await project.settle("POST", f"{project.endpoint}/start", 200)
        assert (await project.ended(answer["operations"][0]["id"]))["status"] == expected


async def test_settings_are_shown_as_they_were_given(world: Neon, project: Project) -> None:
    given = {
        "name": "primary",
        "autoscaling_limit_min_cu": 0.5,
        "autoscaling_limit_max_cu": 4,
        "suspend_timeout_seconds": 120,
        "settings": {"pg_settings": {"work_mem": "8MB"}, "preload_libraries": {"use_defaults": True}},
        "provisioner": "k8s-neonvm",
        "pooler_mode": "transaction",
    }
    await project.settle("PATCH", project.endpoint, 200, json={"endpoint": given})
    shown = (await world.json("GET", project.endpoint, 200))["endpoint"]
    assert {name: shown[name] for name in given} == given


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({"suspend_timeout_seconds": 1}, id="timeout too short"),
        pytest.param({"suspend_timeout_seconds": 604801}, id="timeout too long"),
        pytest.param({"suspend_timeout_seconds": -2}, id="timeout negative"),
        pytest.param({"autoscaling_limit_max_cu": 57}, id="too large"),
        pytest.param({"autoscaling_limit_min_cu": 4, "autoscaling_limit_max_cu": 2}, id="max under min"),
        pytest.param({"name": "n" * 65}, id="name too long"),
        pytest.param({"settings": {"pg_settings": {"work_mem": 8}}}, id="setting no text"),
        pytest.param({"pooler_mode": "session"}, id="another pooler mode"),
        pytest.param({"disabled": "yes"}, id="no boolean"),
    ],
)
async def test_settings_no_compute_can_have(world: Neon, project: Project, wrong: dict[str, object]) -> None:
    await world.json("PATCH", project.endpoint, 400, json={"endpoint": wrong})
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only", **wrong}}
    await world.json("POST", f"{project.path}/endpoints", 400, json=body)
    assert await project.operations() == []


async def test_an_endpoint_is_made_in_the_region_of_its_project(world: Neon, project: Project) -> None:
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only", "region_id": "aws-eu-west-2"}}
    await world.json("POST", f"{project.path}/endpoints", 400, json=body)
    body = {"endpoint": {"branch_id": "br-none", "type": "read_only"}}
    await world.json("POST", f"{project.path}/endpoints", 404, json=body)


async def test_a_disabled_endpoint_starts_nothing(world: Neon, project: Project) -> None:
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only", "disabled": True}}
    answer = await world.json("POST", f"{project.path}/endpoints", 201, json=body)
    assert (answer["endpoint"]["disabled"], answer["operations"]) == (True, [])
    path = f"{project.path}/endpoints/{answer['endpoint']['id']}"
    for verb in ("start", "restart"):
        await world.json("POST", f"{path}/{verb}", 422)


async def test_an_endpoint_moves_to_a_branch_that_has_none(world: Neon, project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept AS SELECT 1 AS branch")
    child = await project.made_branch("child")
    taken = await project.made_branch("taken", "read_write")
    async with await connect(await project.uri()) as session:
        await session.execute("UPDATE kept SET branch = 2")
    body = {"endpoint": {"branch_id": taken.branch_id}}
    await world.json("PATCH", project.endpoint, 409, json=body)
    uri = await project.uri()
    body = {"endpoint": {"branch_id": child.branch_id}}
    await project.settle("PATCH", project.endpoint, 200, json=body)
    assert (await world.json("GET", project.endpoint, 200))["endpoint"]["branch_id"] == child.branch_id
    async with await connect(uri) as session:
        assert await one(session, "SELECT branch FROM kept") == 1


async def test_a_connection_string_may_name_its_endpoint_alone(world: Neon, project: Project) -> None:
    child = await project.made_branch("child", "read_write")
    query = {"role_name": "neondb_owner", "database_name": "neondb", "endpoint_id": child.endpoint_id}
    path = f"{project.path}/connection_uri"
    direct = (await world.json("GET", path, 200, params=query))["uri"]
    assert f"@{child.endpoint_id}." in direct
    pooled = (await world.json("GET", path, 200, params=query | {"pooled": "true"}))["uri"]
    assert f"@{child.endpoint_id}-pooler." in pooled
    other = query | {"branch_id": project.branch_id}
    await world.json("GET", path, 404, params=other)
    await world.json("GET", path, 400, params=query | {"pooled": "yes"})
