"""Shapes, errors and pages as the API specifies them."""

from typing import Any

import httpx
import pytest

from simulator.backends.serving import serve
from tests.simulator.neon.world import KEY, Neon, Project

pytestmark = pytest.mark.asyncio(loop_scope="session")

REQUIRED = {
    "project": """id platform_id region_id name provisioner pg_version proxy_host branch_logical_size_limit
        branch_logical_size_limit_bytes store_passwords creation_source history_retention_seconds created_at
        updated_at consumption_period_start consumption_period_end owner_id data_storage_bytes_hour
        data_transfer_bytes written_data_bytes compute_time_seconds active_time_seconds cpu_used_sec""",
    "item": """id platform_id region_id name provisioner pg_version proxy_host branch_logical_size_limit
        branch_logical_size_limit_bytes store_passwords active_time cpu_used_sec creation_source created_at
        updated_at owner_id""",
    "branch": """id project_id name current_state state_changed_at creation_source default protected
        cpu_used_sec compute_time_seconds active_time_seconds written_data_bytes data_transfer_bytes
        created_at updated_at""",
    "endpoint": """host id project_id branch_id autoscaling_limit_min_cu autoscaling_limit_max_cu region_id
        type current_state settings pooler_enabled pooler_mode disabled passwordless_access creation_source
        created_at updated_at proxy_host suspend_timeout_seconds provisioner""",
    "database": "id branch_id name owner_name created_at updated_at",
    "role": "branch_id name created_at updated_at",
    "operation": "id project_id action status failures_count created_at updated_at total_duration_ms",
    "connection": "connection_uri connection_parameters",
    "parameters": "database password role host pooler_host",
}
OPTIONAL = {
    "project": """default_endpoint_settings settings maintenance_starts_at maintenance_scheduled_for
        synthetic_storage_size quota_reset_at owner compute_last_active_at org_id hipaa_enabled_at
        effective_project_permission""",
    "item": """default_endpoint_settings settings maintenance_starts_at synthetic_storage_size quota_reset_at
        compute_last_active_at org_id org_name history_retention_seconds hipaa_enabled_at deleted_at
        recoverable_until effective_project_permission""",
    "branch": """parent_id parent_lsn parent_timestamp pending_state logical_size primary ttl_interval_seconds
        expires_at last_reset_at created_by init_source restore_status restored_from restored_as
        restricted_actions recovery""",
    "endpoint": "name pending_state last_active started_at suspended_at compute_release_version",
    "role": "password protected authentication_method",
    "operation": "branch_id endpoint_id error retry_at",
}


def _has_shape(kind: str, value: dict[str, Any]) -> None:
    required, allowed = set(REQUIRED[kind].split()), set(OPTIONAL.get(kind, "").split())
    assert required <= value.keys(), f"{kind} lacks {required - value.keys()}"
    assert value.keys() <= required | allowed, f"{kind} has unknown {value.keys() - required - allowed}"
    assert None not in value.values()


async def test_objects_made_have_every_required_field_and_no_unknown_one(world: Neon) -> None:
    made = await world.json("POST", "/projects", 201, json={"project": {"name": "shapes"}})
    _has_shape("project", made["project"])
    _has_shape("branch", made["branch"])
    for kind in ("endpoint", "role", "database", "operation"):
        for value in made[f"{kind}s"]:
            _has_shape(kind, value)
    for value in made["connection_uris"]:
        _has_shape("connection", value)
        _has_shape("parameters", value["connection_parameters"])
    assert made["roles"][0]["password"].startswith("npg_")
    project = Project(world, made["project"]["id"], made["branch"]["id"], made["endpoints"][0]["id"])
    await project.settled(made)


async def test_objects_read_have_every_required_field_and_no_unknown_one(
    world: Neon, project: Project
) -> None:
    await project.role("app")
    single = {
        "project": project.path,
        "branch": project.branch,
        "endpoint": project.endpoint,
        "role": f"{project.branch}/roles/app",
        "database": f"{project.branch}/databases/neondb",
        "operation": f"{project.path}/operations/{(await project.operations())[0]['id']}",
    }
    for kind, path in single.items():
        _has_shape(kind, (await world.json("GET", path, 200))[kind])
    lists = {
        "branch": f"{project.path}/branches",
        "endpoint": f"{project.path}/endpoints",
        "role": f"{project.branch}/roles",
        "database": f"{project.branch}/databases",
        "operation": f"{project.path}/operations",
    }
    for kind, path in lists.items():
        values = (await world.json("GET", path, 200))["branches" if kind == "branch" else f"{kind}s"]
        assert values
        for value in values:
            _has_shape(kind, value)
    on_branch = await world.json("GET", f"{project.branch}/endpoints", 200)
    assert on_branch == await world.json("GET", f"{project.path}/endpoints", 200)
    assert (await world.json("GET", f"{project.path}/branches/count", 200)) == {"count": 1}


async def test_lists_and_reads_of_roles_never_show_a_password(world: Neon, project: Project) -> None:
    listed = await world.json("GET", f"{project.branch}/roles", 200)
    read = await world.json("GET", f"{project.branch}/roles/neondb_owner", 200)
    assert "password" not in listed["roles"][0]
    assert "password" not in read["role"]


async def test_projects_come_in_pages_until_an_empty_one(world: Neon) -> None:
    ids = [world.service.seed_project(f"paged-{number}") for number in range(5)]
    seen, query = [], {"search": "paged-", "limit": "2"}
    for expected in (2, 2, 1, 0):
        page = await world.json("GET", "/projects", 200, params=query)
        assert len(page["projects"]) == expected
        for item in page["projects"]:
            _has_shape("item", item)
            seen.append(item["id"])
        query["cursor"] = page["pagination"]["cursor"]
    assert seen == ids


async def test_an_empty_list_names_no_cursor(world: Neon, project: Project) -> None:
    nothing = await world.json("GET", "/projects", 200, params={"search": "no-such-name"})
    assert "pagination" not in nothing
    assert await project.get("/operations") == {"operations": []}


async def test_a_project_list_has_ten_entries_unless_asked_otherwise(world: Neon) -> None:
    for number in range(11):
        world.service.seed_project(f"many-{number}")
    page = await world.json("GET", "/projects", 200, params={"search": "many-"})
    assert len(page["projects"]) == 10


async def test_operations_come_newest_first_in_pages(world: Neon, project: Project) -> None:
    await project.role("first")
    await project.role("second")
    everything = await project.operations()
    assert len(everything) == 4
    seen, cursor = [], ""
    while True:
        query = {"limit": "3", "cursor": cursor}
        page = await world.json("GET", f"{project.path}/operations", 200, params=query)
        if not page["operations"]:
            break
        seen += page["operations"]
        cursor = page["pagination"]["cursor"]
    assert seen == everything
    assert [op["action"] for op in seen] == ["suspend_compute", "apply_config"] * 2


async def test_branches_name_the_next_page_only_when_there_is_one(world: Neon, project: Project) -> None:
    page = await world.json("GET", f"{project.path}/branches", 200, params={"sort_by": "name", "limit": "1"})
    assert page["pagination"] == {"sort_by": "name", "sort_order": "desc"}
    assert page["branches"][0]["default"] is True
    assert page["branches"][0]["name"] == "main"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        pytest.param("/projects", {"limit": "0"}, id="limit too small"),
        pytest.param("/projects", {"limit": "401"}, id="limit too large"),
        pytest.param("/projects", {"limit": "ten"}, id="limit no number"),
        pytest.param("/projects", {"cursor": "not-there"}, id="unknown cursor"),
        pytest.param("{project}/operations", {"limit": "1001"}, id="operations limit too large"),
        pytest.param("{project}/branches", {"sort_by": "size"}, id="unknown order"),
        pytest.param("{project}/connection_uri", {"role_name": "neondb_owner"}, id="no database named"),
        pytest.param("{project}/connection_uri", {"database_name": "neondb"}, id="no role named"),
    ],
)
async def test_wrong_query_parameters_are_refused(
    world: Neon, project: Project, path: str, query: dict[str, str]
) -> None:
    refused = await world.json("GET", path.format(project=project.path), 400, params=query)
    assert refused["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        pytest.param("databases", {"name": "identity-service-dev"}, id="bare body"),
        pytest.param("databases", {"database": {"name": "x"}}, id="no owner"),
        pytest.param(
            "databases", {"database": {"name": "x", "owner_name": "o", "encoding": "UTF8"}}, id="unknown"
        ),
        pytest.param("databases", {"database": {"name": 7, "owner_name": "o"}}, id="name no string"),
        pytest.param(
            "databases", {"database": {"name": "postgres", "owner_name": "o"}}, id="reserved database"
        ),
        pytest.param("databases", {"database": []}, id="no object"),
        pytest.param("databases", [], id="list"),
        pytest.param("roles", {"role": {"name": "pg_monitor"}}, id="reserved prefix"),
        pytest.param("roles", {"role": {"name": "neon_superuser"}}, id="reserved role"),
        pytest.param("roles", {"role": {"name": "é" * 32}}, id="64 bytes"),
        pytest.param("roles", {"role": {"name": ""}}, id="empty"),
        pytest.param("roles", {"role": {"name": "a\u0000b"}}, id="zero byte"),
    ],
)
async def test_wrong_bodies_are_refused(world: Neon, project: Project, path: str, body: object) -> None:
    await world.json("POST", f"{project.branch}/{path}", 400, json=body)
    assert await project.operations() == []


async def test_a_body_must_be_json_and_say_so(world: Neon, project: Project) -> None:
    path, form = f"{project.branch}/databases", {"Content-Type": "application/x-www-form-urlencoded"}
    body = '{"database": {"name": "x", "owner_name": "neondb_owner"}}'
    await world.json("POST", path, 400, content=body, headers=form)
    await world.json("POST", path, 400, content="{", headers={"Content-Type": "application/json"})


async def test_the_path_of_the_first_api_version_does_not_exist(world: Neon, project: Project) -> None:
    body = {"database": {"name": "x", "owner_name": "neondb_owner"}}
    refused = await world.json("POST", f"{project.path}/databases", 404, json=body)
    assert refused.keys() == {"request_id", "code", "message"}


async def test_what_is_not_there_is_not_found(world: Neon, project: Project) -> None:
    for path in (
        "/projects/no-such-project",
        "/projects/no-such-project/branches",
        f"{project.path}/branches/br-none",
        f"{project.path}/endpoints/ep-none",
        f"{project.path}/operations/none",
        f"{project.branch}/roles/none",
        f"{project.branch}/roles/none/reveal_password",
        f"{project.branch}/databases/none",
    ):
        refused = await world.json("GET", path, 404)
        assert refused["message"].endswith("not found")
    query = {"role_name": "none", "database_name": "neondb"}
    await world.json("GET", f"{project.path}/connection_uri", 404, params=query)
    await world.json("POST", f"{project.branch}/roles/none/reset_password", 404)
    await world.json("PUT", project.path, 405)


async def test_a_second_read_write_endpoint_conflicts_and_none_leaves_nothing_to_manage(
    world: Neon, project: Project
) -> None:
    body = {"endpoint": {"branch_id": project.branch_id, "type": "read_write"}}
    await world.json("POST", f"{project.path}/endpoints", 409, json=body)
    await project.settled(await world.json("DELETE", project.endpoint, 200))
    await world.json("DELETE", project.endpoint, 204)
    refused = await world.json("POST", f"{project.branch}/roles", 412, json={"role": {"name": "app"}})
    assert refused["message"] == "create a read-write endpoint to manage roles on this branch"
    answer = await project.settled(await world.json("POST", f"{project.path}/endpoints", 201, json=body))
    assert [op["action"] for op in answer["operations"]] == ["start_compute"]
    await project.role("app")


async def test_endpoint_settings_are_checked(world: Neon, project: Project) -> None:
    for wrong in ({"suspend_timeout_seconds": 59}, {"autoscaling_limit_min_cu": 0.1}, {"type": "read_write"}):
        await world.json("PATCH", project.endpoint, 400, json={"endpoint": wrong})
    right = {"suspend_timeout_seconds": -1, "autoscaling_limit_min_cu": 2, "name": "primary"}
    answer = await world.json("PATCH", project.endpoint, 200, json={"endpoint": right})
    await project.settled(answer)
    assert answer["endpoint"]["autoscaling_limit_max_cu"] == 2
    assert answer["endpoint"]["suspend_timeout_seconds"] == -1


async def test_without_the_key_nothing_is_answered(world: Neon, project: Project) -> None:
    for headers in ({"Authorization": "Bearer simneon_other"}, {"Authorization": KEY}, {"Authorization": ""}):
        refused = await world.json("GET", project.path, 401, headers=headers)
        assert refused.keys() == {"request_id", "code", "message"}


async def test_the_key_can_be_checked(world: Neon) -> None:
    answer = await world.json("GET", "/auth", 200)
    assert answer["auth_method"] == "api_key_org"
    assert answer["account_id"].startswith("org-")


async def test_the_request_id_comes_back(world: Neon) -> None:
    headers = {"X-Request-ID": "abc-123"}
    response = await world.http.get("/projects/none", headers=headers)
    assert response.json()["request_id"] == response.headers["X-Request-ID"] == "abc-123"
    assert (await world.http.get("/auth", headers=headers)).headers["X-Request-ID"] == "abc-123"
    unasked = [await world.http.get("/projects/none") for _ in range(2)]
    assert all(each.json()["request_id"] == each.headers["X-Request-ID"] for each in unasked)
    assert len({each.json()["request_id"] for each in unasked}) == 2


async def test_the_application_answers_under_its_base_path_only(world: Neon) -> None:
    async with serve(world.service.app) as listener, httpx.AsyncClient() as client:
        assert (await client.get(f"{listener.url}/projects")).status_code == 404
