"""Neon Auth is enabled once per branch and serves the key its tokens are signed with."""

import httpx
import jwt
import pytest

from tests.simulator.neon.world import Neon, Project

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
