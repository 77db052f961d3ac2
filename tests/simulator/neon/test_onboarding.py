"""The calls that give a service its database, and that the database is really there."""

import psycopg
import pytest

from tests.simulator.neon.world import Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_role_and_a_database_made_by_the_api_work_over_tls(project: Project) -> None:
    role = await project.role("identity-service")
    database = await project.database("identity-service-dev", "identity-service")
    uri = await project.uri("identity-service", "identity-service-dev")
    async with await connect(uri) as session:
        assert await one(session, "SELECT current_user || '@' || current_database()") == (
            "identity-service@identity-service-dev"
        )
        await session.execute("CREATE TABLE proof (id int)")
        await session.execute("INSERT INTO proof VALUES (1)")
        assert await one(session, "SELECT count(*) FROM proof") == 1
    assert role["password"].startswith("npg_")
    assert database["owner_name"] == "identity-service"


async def test_the_pooled_host_leads_to_the_same_database(project: Project) -> None:
    uri = await project.uri(pooled="true")
    assert f"@{project.endpoint_id}-pooler.ap-south-1.aws.neon.localhost:" in uri
    async with await connect(uri) as session:
        assert await one(session, "SELECT current_database()") == "neondb"


async def test_names_are_quoted_wherever_they_go(project: Project) -> None:
    name = 'we"ird; DROP ROLE x --é'
    await project.role(name)
    await project.database(name, name)
    async with await connect(await project.uri(name, name)) as session:
        assert await one(session, "SELECT current_user") == name


async def test_the_certificate_is_valid_for_the_host_named(world: Neon, project: Project) -> None:
    uri = (await project.uri()).replace("sslmode=require", "sslmode=verify-full")
    async with await connect(uri, sslrootcert=str(world.authority.ca_file)) as session:
        assert session.pgconn.ssl_in_use


async def test_a_role_made_by_the_api_may_do_what_neon_superusers_may(project: Project) -> None:
    await project.role("app")
    query = "SELECT pg_has_role('neon_superuser', 'member') AND pg_has_role('pg_read_all_data', 'usage')"
    async with await connect(await project.uri("app")) as session:
        assert await one(session, query) is True
        assert await one(session, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


async def test_a_second_role_or_database_of_a_name_conflicts(world: Neon, project: Project) -> None:
    await project.role("app")
    await project.database("appdb", "app")
    role = {"role": {"name": "app"}}
    database = {"database": {"name": "appdb", "owner_name": "app"}}
    await world.json("POST", f"{project.branch}/roles", 409, json=role)
    await world.json("POST", f"{project.branch}/databases", 409, json=database)


async def test_a_database_needs_a_role_to_own_it(world: Neon, project: Project) -> None:
    body = {"database": {"name": "appdb", "owner_name": "nobody_here"}}
    refused = await world.json("POST", f"{project.branch}/databases", 422, json=body)
    assert refused | {"request_id": ""} == {
        "request_id": "",
        "code": "",
        "message": "database owner not found",
    }
    listed = await world.json("GET", f"{project.branch}/databases", 200)
    assert [database["name"] for database in listed["databases"]] == ["neondb"]


async def test_a_database_can_be_renamed_and_given_away(world: Neon, project: Project) -> None:
    await project.role("first")
    await project.role("second")
    await project.database("old", "first")
    body = {"database": {"name": "new", "owner_name": "second"}}
    answer = await world.json("PATCH", f"{project.branch}/databases/old", 200, json=body)
    await project.settled(answer)
    await world.json("GET", f"{project.branch}/databases/old", 404)
    owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
    async with await connect(await project.uri("second", "new")) as session:
        assert await one(session, owner) == "second"


async def test_a_deleted_database_and_role_are_gone_and_deleting_again_is_no_content(
    world: Neon, project: Project
) -> None:
    await project.role("app")
    await project.database("appdb", "app")
    uri = await project.uri("app", "neondb")
    async with await connect(uri) as session:
        await session.execute("CREATE SCHEMA left_behind")
    await world.json("DELETE", f"{project.branch}/roles/app", 422)
    for path in (f"{project.branch}/databases/appdb", f"{project.branch}/roles/app"):
        await project.settled(await world.json("DELETE", path, 200))
        await world.json("GET", path, 404)
        assert await world.json("DELETE", path, 204) is None
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await connect(uri)


async def test_reset_changes_the_password_once_its_operations_finished(world: Neon, project: Project) -> None:
    before = await project.uri()
    async with await connect(before):
        pass
    answer = await world.json("POST", f"{project.branch}/roles/neondb_owner/reset_password", 200)
    await project.settled(answer)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await connect(before)
    after = await project.uri()
    async with await connect(after) as session:
        assert await one(session, "SELECT 1") == 1
    revealed = await world.json("GET", f"{project.branch}/roles/neondb_owner/reveal_password", 200)
    assert revealed["password"] == answer["role"]["password"]
    assert revealed["password"] in after


async def test_a_role_that_may_not_log_in_has_no_password(world: Neon, project: Project) -> None:
    body = {"role": {"name": "group", "no_login": True}}
    answer = await project.settled(await world.json("POST", f"{project.branch}/roles", 201, json=body))
    assert "password" not in answer["role"]
    assert answer["role"]["authentication_method"] == "no_login"
    await world.json("POST", f"{project.branch}/roles/group/reset_password", 422)


async def test_without_stored_passwords_they_are_shown_once_and_still_work(world: Neon) -> None:
    project = await world.project(store_passwords=False)
    role = await project.role("app")
    query = {"role_name": "app", "database_name": "neondb"}
    for path in (f"{project.branch}/roles/app/reveal_password", f"{project.path}/connection_uri"):
        refused = await world.json("GET", path, 412, params=query)
        assert refused["message"] == "storing passwords is not enabled for the project"
    host = (await project.get("/endpoints"))["endpoints"][0]["host"]
    async with await connect(
        f"host={host} hostaddr=127.0.0.1 port={world.service.port} sslmode=require",
        user="app",
        password=role["password"],
        dbname="neondb",
    ) as session:
        assert await one(session, "SELECT current_user") == "app"


async def test_a_created_project_can_be_used_at_once_its_operations_finished(world: Neon) -> None:
    body = {"project": {"name": "made", "region_id": "aws-us-east-2", "pg_version": 17}}
    answer = await world.json("POST", "/projects", 201, json=body)
    made = Project(world, answer["project"]["id"], answer["branch"]["id"], answer["endpoints"][0]["id"])
    assert [op["action"] for op in answer["operations"]] == ["create_timeline", "start_compute"]
    assert answer["endpoints"][0]["current_state"] == "init"
    await made.settled(answer)
    assert await made.state() == "active"
    async with await connect(answer["connection_uris"][0]["connection_uri"]) as session:
        assert await one(session, "SELECT current_database()") == "neondb"
