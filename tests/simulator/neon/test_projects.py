"""Projects: changed, deleted, recovered, out of reach, and what a plan lets them have."""

from pathlib import Path
from typing import Any

import psycopg
import pytest

from simulator.neon.plans import FREE
from tests.simulator.neon.world import Neon, Project, connect, neon, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_what_may_change_of_a_project_is_merged_into_it(world: Neon, project: Project) -> None:
    first = {
        "name": "renamed",
        "history_retention_seconds": 3600,
        "settings": {"quota": {"active_time_seconds": 10**6}, "block_public_connections": False},
        "default_endpoint_settings": {"suspend_timeout_seconds": 600, "pg_settings": {"work_mem": "8MB"}},
    }
    answer = await world.json("PATCH", project.path, 200, json={"project": first})
    assert answer["operations"] == []
    second = {"settings": {"allowed_ips": {"ips": ["192.0.2.1"], "protected_branches_only": True}}}
    shown = (await world.json("PATCH", project.path, 200, json={"project": second}))["project"]
    assert shown["name"] == "renamed"
    assert shown["history_retention_seconds"] == 3600
    assert shown["settings"] == first["settings"] | second["settings"]  # type: ignore[operator]
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_only", "disabled": True}}
    made = (await world.json("POST", f"{project.path}/endpoints", 201, json=body))["endpoint"]
    assert made["suspend_timeout_seconds"] == 600
    assert made["settings"] == {"pg_settings": {"work_mem": "8MB"}}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"history_retention_seconds": -1}, id="retention negative"),
        pytest.param({"history_retention_seconds": 2_592_001}, id="retention too long"),
        pytest.param({"settings": {"quota": {"active_time_seconds": -1}}}, id="quota negative"),
        pytest.param({"settings": {"quota": {"active_time": 1}}}, id="unknown quota"),
        pytest.param({"settings": {"maintenance_window": {"weekdays": [1]}}}, id="window without times"),
        pytest.param(
            {"settings": {"maintenance_window": {"weekdays": [8], "start_time": "", "end_time": ""}}},
            id="an eighth day",
        ),
        pytest.param({"settings": {"audit_log_level": "loud"}}, id="unknown level"),
        pytest.param({"default_endpoint_settings": {"suspend_timeout_seconds": 5}}, id="timeout too short"),
        pytest.param({"store_passwords": False}, id="what cannot change"),
        pytest.param({"region_id": "aws-eu-west-2"}, id="region"),
    ],
)
async def test_what_no_project_can_become(world: Neon, project: Project, change: dict[str, object]) -> None:
    before = await project.get()
    await world.json("PATCH", project.path, 400, json={"project": change})
    assert (await project.get())["project"]["updated_at"] == before["project"]["updated_at"]


@pytest.mark.parametrize(
    "wanted",
    [
        pytest.param({"name": "n" * 257}, id="name too long"),
        pytest.param({"region_id": "mars-north-1"}, id="region"),
        pytest.param({"pg_version": 13}, id="version"),
        pytest.param({"branch": {"role_name": "pg_x"}}, id="reserved role"),
        pytest.param({"branch": {"database_name": "template1"}}, id="reserved database"),
        pytest.param({"branch": {"name": ""}}, id="branch name"),
        pytest.param({"autoscaling_limit_min_cu": 0.1}, id="too small"),
    ],
)
async def test_what_no_project_is_made_from(world: Neon, wanted: dict[str, object]) -> None:
    await world.json("POST", "/projects", 400, json={"project": wanted})


async def test_a_role_is_named_after_its_database_unless_told(world: Neon) -> None:
    body = {"project": {"branch": {"name": "production", "database_name": "shop"}}}
    made = await world.json("POST", "/projects", 201, json=body)
    assert [role["name"] for role in made["roles"]] == ["shop_owner"]
    assert made["branch"]["name"] == "production"
    assert made["project"]["name"] == made["project"]["id"]
    await Project(world, made["project"]["id"], "", "").settled(made)


async def test_logical_replication_restarts_computes_and_stays(world: Neon, project: Project) -> None:
    async with await connect(await project.uri()):
        body = {"project": {"settings": {"enable_logical_replication": True}}}
        answer = await project.settle("PATCH", project.path, 200, json=body)
    assert [op["action"] for op in answer["operations"]] == ["suspend_compute"]
    again = await world.json("PATCH", project.path, 200, json=body)
    assert again["operations"] == []
    body = {"project": {"settings": {"enable_logical_replication": False}}}
    await world.json("PATCH", project.path, 422, json=body)


async def test_a_deleted_project_is_gone_and_comes_back_whole(world: Neon) -> None:
    project = await world.project()
    uri = await project.uri()
    async with await connect(uri) as session:
        await session.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        await world.json("DELETE", project.path, 200)
        await world.json("GET", project.path, 404)
        await world.json("DELETE", project.path, 404)
        await world.json("GET", project.branch, 404)
    with pytest.raises(psycopg.OperationalError, match="endpoint could not be found"):
        await connect(uri)
    listed = await world.json("GET", "/projects", 200, params={"recoverable": "true", "search": project.id})
    assert [item["id"] for item in listed["projects"]] == [project.id]
    assert listed["projects"][0]["recoverable_until"] > listed["projects"][0]["deleted_at"]
    assert not (await world.json("GET", "/projects", 200, params={"search": project.id}))["projects"]
    back = await _recovered(project)
    assert back["project"]["id"] == project.id
    assert [branch["id"] for branch in back["branches"]] == [project.branch_id]
    async with await connect(uri) as session:
        assert await one(session, "SELECT answer FROM kept") == 42
    await world.json("POST", f"{project.path}/recover", 404)


async def _recovered(project: Project) -> dict[str, Any]:
    """Recovered once the deletion's operations have ended."""
    while True:
        answer = await project.neon.http.post(f"{project.path}/recover")
        if answer.status_code != 423:
            return dict(answer.json())


async def test_a_list_tells_of_projects_it_could_not_look_at(world: Neon) -> None:
    near, far = await world.project(), await world.project()
    world.mishaps.hidden.add(far.id)
    seen: list[str] = []
    unseen: list[str] = []
    query = {"limit": "100", "search": "test", "timeout": "100"}
    while True:
        page = await world.json("GET", "/projects", 200, params=query)
        seen += [item["id"] for item in page["projects"]]
        unseen += page.get("unavailable_project_ids", [])
        if not page["projects"] and "unavailable_project_ids" not in page:
            break
        query["cursor"] = page["pagination"]["cursor"]
    assert near.id in seen
    assert (unseen, far.id in seen) == ([far.id], False)
    await world.json("GET", far.path, 503)
    await world.json("GET", f"{far.path}/branches", 503)
    world.mishaps.hidden.remove(far.id)
    await world.json("GET", far.path, 200)
    for timeout in ("99", "30001", "soon"):
        await world.json("GET", "/projects", 400, params={"timeout": timeout})


async def test_what_the_smallest_plan_leaves_out(tmp_path: Path) -> None:
    async with neon(tmp_path, plan=FREE) as world:
        project = await world.project()
        for number in range(9):
            await project.made_branch(f"branch-{number}")
        refused = await world.json("POST", f"{project.path}/branches", 422)
        assert refused["code"] == "BRANCHES_LIMIT_EXCEEDED"
        protect = {"branch": {"protected": True}}
        refused = await world.json("PATCH", project.branch, 422, json=protect)
        assert refused["code"] == "PROTECTED_BRANCHES_LIMIT_EXCEEDED"
        await project.settle("POST", f"{project.branch}/snapshot", 200)
        await world.json("POST", f"{project.branch}/snapshot", 422)
        body = {"project": {"history_retention_seconds": 86400}}
        await world.json("PATCH", project.path, 400, json=body)
        query = {"from": "2030-01-01T00:00:00Z", "to": "2030-01-02T00:00:00Z", "granularity": "daily"}
        await world.json("GET", "/consumption_history/projects", 403, params=query)


async def test_schema_only_branches_are_counted_as_roots(tmp_path: Path) -> None:
    async with neon(tmp_path, plan=FREE) as world:
        project = await world.project()
        for number in range(2):
            await project.made_branch(f"root-{number}", init_source="schema-only")
        body = {"branch": {"init_source": "schema-only"}}
        refused = await world.json("POST", f"{project.path}/branches", 422, json=body)
        assert refused["code"] == "ROOT_BRANCHES_LIMIT_EXCEEDED"
