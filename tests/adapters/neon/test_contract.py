"""The Neon adapter against the simulated control plane over real PostgreSQL, for every call of the port."""

import pytest

from portal.adapters.neon import NeonApi
from portal.errors import AccessDenied, Conflict, Locked, NotFound, Precondition
from tests.adapters.neon.plane import client, finished, role
from tests.simulator.neon.world import Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_key_names_its_account_and_its_projects(api: NeonApi, project: Project) -> None:
    assert await api.whoami()
    listed = {found.id: found for found in await api.projects()}
    assert listed[project.id] == await api.project(project.id)
    assert listed[project.id].store_passwords


async def test_a_project_has_its_default_branch_compute_role_and_database(
    api: NeonApi, project: Project
) -> None:
    (branch,) = await api.branches(project.id)
    assert (branch.id, branch.default, branch.state) == (project.branch_id, True, "ready")
    (endpoint,) = await api.endpoints(project.id)
    assert (endpoint.id, endpoint.branch_id, endpoint.type) == (project.endpoint_id, branch.id, "read_write")
    assert endpoint.host.startswith(f"{endpoint.id}.")
    assert [found.name for found in await api.roles(project.id, branch.id)] == ["neondb_owner"]
    (database,) = await api.databases(project.id, branch.id)
    assert (database.name, database.owner_name) == ("neondb", "neondb_owner")


async def test_a_role_and_its_database_can_be_made_and_logged_in_to(api: NeonApi, project: Project) -> None:
    password = await role(api, project)
    await finished(api, await api.create_database(project.id, project.branch_id, "app-dev", "app"))
    assert await api.reveal_password(project.id, project.branch_id, "app") == password
    for pooled in (False, True):
        uri = await api.connection_uri(project.id, project.branch_id, "app-dev", "app", pooled=pooled)
        text = uri.reveal("log in")
        assert password.reveal("compare") in text
        assert ("-pooler." in text) == pooled
        async with await connect(text) as session:
            assert await one(session, "SELECT current_user || '@' || current_database()") == "app@app-dev"


async def test_a_reset_gives_another_password(api: NeonApi, project: Project) -> None:
    password = await role(api, project)
    reset = await api.reset_password(project.id, project.branch_id, "app")
    await finished(api, reset.operations)
    assert reset.password is not None
    assert reset.password != password
    assert await api.reveal_password(project.id, project.branch_id, "app") == reset.password


async def test_a_name_that_is_taken_is_a_conflict(api: NeonApi, project: Project) -> None:
    await role(api, project)
    with pytest.raises(Conflict):
        await api.create_role(project.id, project.branch_id, "app")
    with pytest.raises(Conflict):
        await api.create_database(project.id, project.branch_id, "neondb", "app")
    with pytest.raises(Conflict):
        await api.create_endpoint(project.id, project.branch_id)


async def test_a_project_whose_operations_run_is_locked(api: NeonApi, project: Project) -> None:
    made = await api.create_role(project.id, project.branch_id, "first")
    with pytest.raises(Locked):
        await api.create_role(project.id, project.branch_id, "second")
    await finished(api, made.operations)
    assert {operation.id for operation in made.operations} <= {
        operation.id for operation in await api.operations(project.id)
    }


async def test_a_database_needs_its_owner_first(api: NeonApi, project: Project) -> None:
    with pytest.raises(Precondition, match="owner"):
        await api.create_database(project.id, project.branch_id, "app-dev", "nobody")


async def test_a_project_that_keeps_no_passwords_reveals_none(api: NeonApi, world: Neon) -> None:
    project = await world.project(store_passwords=False)
    assert not (await api.project(project.id)).store_passwords
    await role(api, project)
    with pytest.raises(Precondition, match="storing passwords"):
        await api.reveal_password(project.id, project.branch_id, "app")


async def test_what_is_not_there_is_not_found(api: NeonApi, project: Project) -> None:
    with pytest.raises(NotFound):
        await api.project("no-such-project-1")
    with pytest.raises(NotFound):
        await api.reveal_password(project.id, project.branch_id, "nobody")
    with pytest.raises(NotFound):
        await api.operation(project.id, "00000000-0000-0000-0000-000000000000")


async def test_names_with_any_character_reach_the_right_place(api: NeonApi, project: Project) -> None:
    name = 'we"ird na?me #1 ü%'
    password = await role(api, project, name)
    assert await api.reveal_password(project.id, project.branch_id, name) == password


async def test_another_key_is_denied(world: Neon) -> None:
    async with client(world, "simneon_another-key") as api:
        with pytest.raises(AccessDenied):
            await api.whoami()


async def test_auth_is_absent_until_it_is_enabled_then_its_keys_are_served(
    api: NeonApi, project: Project
) -> None:
    assert await api.auth(project.id, project.branch_id) is None
    made = await api.enable_auth(project.id, project.branch_id, "neondb")
    assert await api.auth(project.id, project.branch_id) == made
    assert made.branch_id == project.branch_id
    assert (await api.jwks(made.jwks_url))["keys"]
