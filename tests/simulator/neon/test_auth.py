"""Neon Auth is enabled once per branch and serves the key its tokens are signed with."""

import asyncio

import httpx
import jwt
import pytest

from tests.simulator.neon.world import DEADLINE, Connection, Neon, Project, connect, one

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_it_is_off_until_it_is_enabled(world: Neon, project: Project) -> None:
    await world.json("GET", f"{project.branch}/auth", 404)
    body = {"auth_provider": "better_auth", "database_name": "neondb"}
    made = await world.json("POST", f"{project.branch}/auth", 201, json=body)
    found = await world.json("GET", f"{project.branch}/auth", 200)
    assert found["jwks_url"] == made["jwks_url"]
    assert found["db_name"] == "neondb"
    assert "secret_server_key" not in found
    await world.json("POST", f"{project.branch}/auth", 409, json=body)


async def test_the_key_set_is_public_and_holds_a_usable_key(world: Neon, project: Project) -> None:
    made = await world.json("POST", f"{project.branch}/auth", 201, json={"auth_provider": "mock"})
    async with httpx.AsyncClient() as anybody:
        answer = await anybody.get(made["jwks_url"])
    keys = jwt.PyJWKSet.from_dict(answer.json())
    assert [key.algorithm_name for key in keys.keys] == ["EdDSA"]
    assert keys.keys[0].key_id


async def test_unknown_providers_and_databases_are_refused(world: Neon, project: Project) -> None:
    await world.json("POST", f"{project.branch}/auth", 400, json={"auth_provider": "passport"})
    body = {"auth_provider": "mock", "database_name": "nowhere"}
    await world.json("POST", f"{project.branch}/auth", 404, json=body)


async def test_users_are_in_the_schema_the_database_has(world: Neon, project: Project) -> None:
    await world.json("POST", f"{project.branch}/auth/users", 404, json={"email": "ada@example.com"})
    await world.json("POST", f"{project.branch}/auth", 201, json={"auth_provider": "better_auth"})
    users = f"{project.branch}/auth/users"
    ada = await world.json("POST", users, 201, json={"email": "ada@example.com", "name": "Ada"})
    await world.json("POST", users, 409, json={"email": "ADA@example.com"})
    async with await connect(await project.uri()) as session:
        assert await one(session, 'SELECT name FROM neon_auth."user"') == "Ada"
        bob = await world.json("POST", users, 201, json={"email": "bob@example.com"})
        await world.json("PUT", f"{users}/{bob['id']}/role", 200, json={"roles": ["admin", "editor"]})
        await world.json("DELETE", f"{users}/{ada['id']}", 204)
        query = "SELECT string_agg(email || role, '') FROM neon_auth.\"user\""
        await _until(session, query, "bob@example.comadmin,editor")
    await world.json("DELETE", f"{users}/{ada['id']}", 404)
    await world.json("PUT", f"{users}/{ada['id']}/role", 404, json={"roles": ["admin"]})
    await world.json("PUT", f"{users}/{bob['id']}/role", 400, json={"roles": []})
    for wrong in (
        {"email": "nobody"},
        {"email": ""},
        {"name": "Eve"},
        {"email": "e@example.com", "name": ""},
    ):
        await world.json("POST", users, 400, json=wrong)


async def test_turned_off_its_keys_are_gone_and_its_data_only_on_request(
    world: Neon, project: Project
) -> None:
    path = f"{project.branch}/auth"
    await world.json("DELETE", path, 404)
    made = await world.json("POST", path, 201, json={"auth_provider": "mock"})
    await world.json("POST", f"{path}/users", 201, json={"email": "ada@example.com"})
    async with await connect(await project.uri()) as session:
        await world.json("DELETE", path, 200)
        assert await one(session, 'SELECT count(*) FROM neon_auth."user"') == 1
        async with httpx.AsyncClient() as anybody:
            assert (await anybody.get(made["jwks_url"])).status_code == 404
        await world.json("POST", path, 201, json={"auth_provider": "mock"})
        await world.json("DELETE", path, 200, json={"delete_data": True})
        await _until(session, "SELECT count(*) FROM pg_namespace WHERE nspname = 'neon_auth'", 0)


async def _until(session: Connection, query: str, value: object) -> None:
    async with asyncio.timeout(DEADLINE):
        while await one(session, query) != value:  # noqa: ASYNC110 - what the platform does is seen by polling
            await asyncio.sleep(0.01)
