"""The PostgreSQL adapter against real PostgreSQL behind the simulated Neon: roles beside an owner."""

import psycopg
import pytest
import pytest_asyncio

from portal.adapters.neon import NeonApi
from portal.adapters.postgres import PostgresSql
from portal.core.dsn import with_login
from portal.core.secrets import Secret
from portal.errors import AccessDenied, Precondition, RefusedError, Unreachable
from tests.adapters.neon.plane import finished, role
from tests.simulator.neon.world import Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")
GROUP, FIRST, SECOND = "app-owner", "app-a", "app-b"
PASSWORD = Secret("with 'quotes' and % and ü")


@pytest_asyncio.fixture(loop_scope="session", name="owner")
async def _owner(api: NeonApi, project: Project) -> Secret:
    """The string of an API-made role that owns a database with a table in it."""
    await role(api, project)
    await finished(api, await api.create_database(project.id, project.branch_id, "app", "app"))
    uri = await api.connection_uri(project.id, project.branch_id, "app", "app", pooled=False)
    await _run(uri, "CREATE TABLE visits (id int)")
    return uri


async def _run(uri: Secret, *statements: str) -> object:
    async with await connect(uri.reveal("log in")) as session:
        for statement in statements[:-1]:
            await session.execute(statement.encode())
        if statements[-1].startswith("SELECT"):
            return await one(session, statements[-1])
        await session.execute(statements[-1].encode())
        return None


async def _login_role(owner: Secret, name: str = FIRST) -> Secret:
    sql = PostgresSql()
    for _ in range(2):
        await sql.share_ownership(owner, GROUP)
        await sql.set_login(owner, name, GROUP, PASSWORD)
    return with_login(owner, name, PASSWORD)


async def test_a_login_role_may_do_with_the_tables_what_their_owner_may_and_both_share_what_they_make(
    owner: Secret,
) -> None:
    uri = await _login_role(owner)
    assert await PostgresSql().login(uri) == FIRST
    await _run(uri, "ALTER TABLE visits ADD COLUMN at text", "CREATE TABLE made (id int)")
    await _run(owner, "ALTER TABLE made ADD COLUMN at text", "ALTER TABLE visits ADD COLUMN more text")
    assert await _run(uri, "SELECT session_user || ' as ' || current_user") == f"{FIRST} as {GROUP}"
    assert await _run(owner, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'") == "app"


async def test_it_may_make_no_role_and_no_database(owner: Secret) -> None:
    uri = await _login_role(owner)
    for statement in ("CREATE ROLE other", "CREATE DATABASE other", "SET ROLE app"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await _run(uri, statement)


async def test_a_role_that_may_not_log_in_any_more_is_refused_and_its_open_sessions_are_counted(
    owner: Secret,
) -> None:
    uri, sql = await _login_role(owner), PostgresSql()
    async with await connect(uri.reveal("log in")):
        assert await sql.forbid_login(owner, FIRST) == 1
    with pytest.raises(AccessDenied) as refused:
        await sql.login(uri)
    assert "quotes" not in str(refused.value)
    assert await sql.forbid_login(owner, SECOND) == 0


async def test_roles_go_and_what_they_made_stays_with_the_owner(owner: Secret) -> None:
    uri, sql = await _login_role(owner), PostgresSql()
    await _run(uri, "CREATE TABLE made (id int)")
    for _ in range(2):
        await sql.drop_roles(owner, [FIRST, SECOND, GROUP])
    assert await _run(owner, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'app-%'") == 0
    assert await _run(owner, "SELECT tableowner FROM pg_tables WHERE tablename = 'made'") == "app"


async def test_a_role_that_somebody_else_made_is_left_alone(owner: Secret) -> None:
    sql = PostgresSql()
    await sql.share_ownership(owner, GROUP)
    await _run(owner, f"CREATE ROLE \"{FIRST}\" LOGIN PASSWORD 'theirs-and-theirs-alone'")
    for change in (
        sql.set_login(owner, FIRST, GROUP, PASSWORD),
        sql.forbid_login(owner, FIRST),
        sql.drop_roles(owner, [FIRST]),
    ):
        with pytest.raises(RefusedError, match="not made by the portal"):
            await change
    assert await sql.login(with_login(owner, FIRST, Secret("theirs-and-theirs-alone"))) == FIRST


async def test_no_answer_and_a_wrong_string_are_told_apart(owner: Secret) -> None:
    sql = PostgresSql()
    with pytest.raises(AccessDenied):
        await sql.login(with_login(owner, "app", Secret("wrong")))
    with pytest.raises(Unreachable):
        await sql.login(Secret("postgresql://app:secret@127.0.0.1:1/app?sslmode=require"))


async def test_a_database_and_a_role_are_deleted_once_and_a_second_time_changes_nothing(
    api: NeonApi, project: Project, owner: Secret
) -> None:
    assert await PostgresSql().login(owner) == "app"
    with pytest.raises(Precondition):
        await api.delete_role(project.id, project.branch_id, "app")
    for _ in range(2):
        await finished(api, await api.delete_database(project.id, project.branch_id, "app"))
    for _ in range(2):
        await finished(api, await api.delete_role(project.id, project.branch_id, "app"))
    assert [found.name for found in await api.roles(project.id, project.branch_id)] == ["neondb_owner"]
