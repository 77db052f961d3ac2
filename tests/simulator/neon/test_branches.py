"""Branches: their data, who may go, what they inherit, how they come back."""

import psycopg
import pytest

from tests.simulator.neon.world import Neon, Project, connect, data_of, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _rows(project: Project) -> int:
    async with await connect(await project.uri()) as session:
        return int(await one(session, "SELECT count(*) FROM kept"))


async def _keep(project: Project, rows: int) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept AS SELECT generate_series(1, %d) AS id" % rows)  # noqa: UP031 - a number of this test


async def test_a_branch_has_the_data_of_its_parent_and_then_its_own(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept AS SELECT generate_series(1, 5000) AS id")
        child = await project.made_branch("child", "read_write")
        assert await one(session, "SELECT count(*) FROM kept") == 5000
        await session.execute("DELETE FROM kept")
    assert await _rows(child) == 5000
    assert await _rows(project) == 0


async def test_a_branch_of_a_sleeping_parent_has_its_data_too(project: Project) -> None:
    await _keep(project, 7)
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    child = await project.made_branch("child", "read_write")
    assert await project.state() == "idle"
    assert await _rows(child) == 7


async def test_the_parent_keeps_writing_while_it_is_copied(project: Project) -> None:
    async with await connect(await project.uri()) as session:
        await session.execute("CREATE TABLE kept (id int)")
        body = {"branch": {"name": "child"}, "endpoints": [{"type": "read_write"}]}
        answer = await project.neon.json("POST", f"{project.path}/branches", 201, json=body)
        written = 0
        while (await project.get(f"/operations/{answer['operations'][0]['id']}"))["operation"][
            "status"
        ] == "running":
            await session.execute("INSERT INTO kept SELECT generate_series(1, 100)")
            written += 100
        await project.settled(answer)
        assert await one(session, "SELECT count(*) FROM kept") == written
    child = Project(project.neon, project.id, answer["branch"]["id"], answer["endpoints"][0]["id"])
    assert await _rows(child) % 100 == 0


async def test_a_branch_without_a_compute_gets_one_later(world: Neon, project: Project) -> None:
    await _keep(project, 3)
    child = await project.made_branch("child")
    assert await world.json("GET", f"{child.branch}/endpoints", 200) == {"endpoints": []}
    body = {"endpoint": {"branch_id": child.branch_id, "type": "read_write"}}
    await project.settle("POST", f"{project.path}/endpoints", 201, json=body)
    assert await _rows(child) == 3


async def test_roles_and_passwords_are_inherited_unless_the_parent_is_protected(
    world: Neon, project: Project
) -> None:
    password = (await project.role("app"))["password"]
    child = await project.made_branch("child", "read_write")
    async with await connect(await child.uri("app"), password=password) as session:
        assert await one(session, "SELECT current_user") == "app"

    await world.json("PATCH", project.branch, 200, json={"branch": {"protected": True}})
    apart = await project.made_branch("apart", "read_write")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await connect(await apart.uri("app"), password=password)
    async with await connect(await apart.uri("app")) as session:
        assert await one(session, "SELECT current_user") == "app"


async def test_a_schema_only_branch_is_a_root_with_empty_tables(world: Neon, project: Project) -> None:
    await _keep(project, 9)
    child = await project.made_branch("bare", "read_write", init_source="schema-only")
    shown = (await world.json("GET", child.branch, 200))["branch"]
    assert "parent_id" not in shown
    assert shown["init_source"] == "schema-only"
    assert await _rows(child) == 0
    assert await _rows(project) == 9


async def test_what_a_new_branch_answers_with(world: Neon, project: Project) -> None:
    plain = await world.json("POST", f"{project.path}/branches", 201)
    await project.settled(plain)
    assert plain["branch"]["parent_id"] == project.branch_id
    assert plain["branch"]["name"] == plain["branch"]["id"]
    assert (plain["branch"]["current_state"], plain["branch"]["pending_state"]) == ("init", "ready")
    assert plain["endpoints"] == []
    assert "connection_uris" not in plain
    assert [role["name"] for role in plain["roles"]] == ["neondb_owner"]
    assert (await world.json("GET", f"{project.path}/branches/{plain['branch']['id']}", 200))["branch"][
        "current_state"
    ] == "ready"

    body = {"endpoints": [{"type": "read_write"}], "annotation_value": {"owner": "ci"}}
    full = await project.settle("POST", f"{project.path}/branches", 201, json=body)
    assert [op["action"] for op in full["operations"]] == ["create_branch", "start_compute"]
    async with await connect(full["connection_uris"][0]["connection_uri"]) as session:
        assert await one(session, "SELECT 1") == 1
    found = await world.json("GET", f"{project.path}/branches/{full['branch']['id']}", 200)
    assert found["annotation"]["value"] == {"owner": "ci"}
    listed = await world.json("GET", f"{project.path}/branches", 200)
    assert list(listed["annotations"]) == [full["branch"]["id"]]

    await project.role("second")
    assert "connection_uris" not in await project.settle(
        "POST", f"{project.path}/branches", 201, json={"endpoints": [{"type": "read_write"}]}
    )


async def test_names_of_branches_are_taken_once(world: Neon, project: Project) -> None:
    child = await project.made_branch("child")
    body = {"branch": {"name": "child"}}
    refused = await world.json("POST", f"{project.path}/branches", 409, json=body)
    assert refused["message"] == 'branch already exists; branch_name:"child"'
    await world.json("PATCH", project.branch, 409, json=body)
    renamed = await world.json("PATCH", child.branch, 200, json={"branch": {"name": "renamed"}})
    assert renamed["branch"]["name"] == "renamed"
    assert renamed["operations"] == []
    await project.made_branch("child")
    assert (await project.get("/branches/count")) == {"count": 3}
    assert (await world.json("GET", f"{project.path}/branches/count", 200, params={"search": "rename"})) == {
        "count": 1
    }


async def test_which_branches_may_not_be_deleted(world: Neon, project: Project) -> None:
    child = await project.made_branch("child", "read_write")
    grandchild = await project.made_branch("grandchild", parent_id=child.branch_id)
    assert "default" in (await world.json("DELETE", project.branch, 422))["message"]
    refused = await world.json("DELETE", child.branch, 422)
    assert refused["message"] == f"cannot delete branch that has children: {grandchild.branch_id}"
    protected = {"branch": {"protected": True}}
    shown = (await world.json("PATCH", grandchild.branch, 200, json=protected))["branch"]
    assert {action["name"] for action in shown["restricted_actions"]} == {"restore", "delete-rw-endpoint"}
    assert "protected" in (await world.json("DELETE", grandchild.branch, 422))["message"]
    await world.json("DELETE", project.path, 422)
    await world.json("PATCH", grandchild.branch, 200, json={"branch": {"protected": False}})
    await project.settle("DELETE", grandchild.branch, 200)
    answer = await project.settle("DELETE", child.branch, 200)
    assert [op["action"] for op in answer["operations"]] == ["suspend_compute", "delete_timeline"]
    await world.json("GET", child.branch, 404)
    await world.json("GET", child.endpoint, 404)
    await world.json("DELETE", child.branch, 204)


async def test_the_endpoint_of_a_protected_branch_stays(world: Neon, project: Project) -> None:
    await world.json("PATCH", project.branch, 200, json={"branch": {"protected": True}})
    await world.json("DELETE", project.endpoint, 422)


async def test_a_deleted_branch_can_be_recovered_with_its_data(world: Neon, project: Project) -> None:
    await _keep(project, 4)
    child = await project.made_branch("child", "read_write")
    uri = await child.uri()
    await project.settle("DELETE", child.branch, 200)
    with pytest.raises(psycopg.OperationalError, match="endpoint could not be found"):
        await connect(uri)
    everything = {"include_deleted": "true"}
    found = await world.json("GET", f"{project.path}/branches", 200, params=everything)
    gone = {branch["id"]: branch for branch in found["branches"]}[child.branch_id]
    assert gone["recovery"]["deletion_method"] == "user"
    back = await world.json("POST", f"{child.branch}/recover", 200)
    assert back["branch"]["id"] == child.branch_id
    assert [endpoint["id"] for endpoint in back["endpoints"]] == [child.endpoint_id]
    async with await connect(uri) as session:
        assert await one(session, "SELECT count(*) FROM kept") == 4
    await world.json("POST", f"{child.branch}/recover", 404)


async def test_a_branch_deleted_for_good_is_gone(world: Neon, project: Project) -> None:
    child = await project.made_branch("child", "read_write")
    assert len(data_of(world, child.branch_id)) == 1
    await project.settle("DELETE", child.branch, 200, params={"hard_delete": "true"})
    await world.json("POST", f"{child.branch}/recover", 404)
    assert not data_of(world, child.branch_id)


async def test_another_branch_becomes_the_default(world: Neon, project: Project) -> None:
    child = await project.made_branch("child", "read_write")
    answer = await world.json("POST", f"{child.branch}/set_as_default", 200)
    assert (answer["branch"]["default"], answer["operations"]) == (True, [])
    assert not (await world.json("GET", project.branch, 200))["branch"]["default"]
    query = {"role_name": "neondb_owner", "database_name": "neondb"}
    uri = (await world.json("GET", f"{project.path}/connection_uri", 200, params=query))["uri"]
    assert child.endpoint_id in uri
    await world.json("DELETE", child.branch, 422)


@pytest.mark.parametrize(
    ("branch", "status"),
    [
        pytest.param({"name": ""}, 400, id="no name"),
        pytest.param({"name": "n" * 257}, 400, id="name too long"),
        pytest.param({"parent_id": "br-not-there"}, 404, id="no such parent"),
        pytest.param({"expires_at": "2000-01-01T00:00:00Z"}, 400, id="expired already"),
        pytest.param({"expires_at": "2999-01-01T00:00:00Z"}, 400, id="expires too late"),
        pytest.param({"expires_at": "tomorrow"}, 400, id="no moment"),
        pytest.param({"expires_at": "2030-01-01T00:00:00"}, 400, id="no zone"),
        pytest.param({"init_source": "elsewhere"}, 400, id="unknown source"),
        pytest.param({"parent_lsn": "north"}, 400, id="no LSN"),
        pytest.param(
            {"parent_lsn": "0/1", "parent_timestamp": "2030-01-01T00:00:00Z"}, 400, id="both points"
        ),
        pytest.param({"parent_timestamp": "2001-01-01T00:00:00Z"}, 422, id="outside the window"),
        pytest.param({"parent_timestamp": "2999-01-01T00:00:00Z"}, 422, id="in the future"),
    ],
)
async def test_what_no_branch_can_be_made_from(
    world: Neon, project: Project, branch: dict[str, str], status: int
) -> None:
    await world.json("POST", f"{project.path}/branches", status, json={"branch": branch})
    assert await project.operations() == []


async def test_a_branch_has_one_endpoint_that_writes(world: Neon, project: Project) -> None:
    body = {"endpoints": [{"type": "read_write"}, {"type": "read_write"}]}
    await world.json("POST", f"{project.path}/branches", 400, json=body)
    body = {"endpoints": [{"type": "read_write"}, {"type": "read_only"}]}
    answer = await project.settle("POST", f"{project.path}/branches", 201, json=body)
    assert [endpoint["type"] for endpoint in answer["endpoints"]] == ["read_write", "read_only"]


async def test_a_branch_can_be_made_as_of_a_moment_since_which_nothing_changed(
    world: Neon, project: Project
) -> None:
    await _keep(project, 2)
    await project.settle("POST", f"{project.endpoint}/suspend", 200)
    moment = (await world.json("GET", project.endpoint, 200))["endpoint"]["suspended_at"]
    child = await project.made_branch("child", "read_write", parent_timestamp=moment)
    assert (await world.json("GET", child.branch, 200))["branch"]["parent_timestamp"] == moment
    assert await _rows(child) == 2
    async with await connect(await project.uri()):
        refused = await world.json(
            "POST", f"{project.path}/branches", 422, json={"branch": {"parent_timestamp": moment}}
        )
    assert "keeps no history" in refused["message"]
