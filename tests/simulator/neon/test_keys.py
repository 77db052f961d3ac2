"""API keys: who holds which, what each may do, and that a revoked one opens nothing."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.simulator.neon.schema import Judged
from tests.simulator.neon.world import KEY, PERSONAL, Neon, Project, holding

pytestmark = pytest.mark.asyncio(loop_scope="session")
NO_PERSON = "not allowed for organization API keys"


@pytest_asyncio.fixture(loop_scope="session", name="person")
async def _person(world: Neon) -> AsyncIterator[Neon]:
    async with holding(world, PERSONAL) as person:
        yield person


async def _organization(world: Neon) -> str:
    found = await world.json("GET", "/users/me/organizations", 200)
    return str(found["organizations"][0]["id"])


async def test_a_key_says_whose_it_is(world: Neon, person: Neon) -> None:
    organization = await _organization(world)
    assert await world.json("GET", "/auth", 200) == {
        "account_id": organization,
        "auth_method": "api_key_org",
    }
    whose = await person.json("GET", "/auth", 200)
    assert whose["auth_method"] == "api_key_user"
    assert whose["account_id"] == (await person.json("GET", "/users/me", 200))["id"]


async def test_what_needs_a_person_does_not_exist_for_an_organization(world: Neon, person: Neon) -> None:
    for path in ("/users/me", "/regions", "/api_keys"):
        assert (await world.json("GET", path, 404))["message"] == NO_PERSON
        await person.json("GET", path, 200)
    body = {"key_name": "mine"}
    await world.json("POST", "/api_keys", 404, json=body)
    await world.json("POST", f"/organizations/{await _organization(world)}/api_keys", 404, json=body)


async def test_a_person_says_which_organization_is_meant(world: Neon, person: Neon) -> None:
    await world.project()
    refused = await person.json("GET", "/projects", 400)
    assert refused["message"].startswith("org_id is required")
    await person.json("POST", "/projects", 400, json={"project": {}})
    own = {"org_id": await _organization(world)}
    assert (await person.json("GET", "/projects", 200, params=own | {"limit": "1"}))["projects"]
    await person.json("GET", "/projects", 404, params={"org_id": "org-not-mine"})


async def test_a_personal_key_is_made_used_listed_and_revoked(world: Neon, person: Neon) -> None:
    made = await person.json("POST", "/api_keys", 200, json={"key_name": "laptop"})
    assert made["key"].startswith("simneon_")
    listed = (await person.json("GET", "/api_keys", 200))[0]
    assert (listed["id"], listed["name"], listed["last_used_at"]) == (made["id"], "laptop", None)
    assert "key" not in listed
    async with holding(world, made["key"]) as holder:
        assert (await holder.json("GET", "/auth", 200))["auth_method"] == "api_key_user"
        used = (await person.json("GET", "/api_keys", 200))[0]
        assert used["last_used_at"]
        assert used["last_used_from_addr"] == "127.0.0.1"
        revoked = await person.json("DELETE", f"/api_keys/{made['id']}", 200)
        assert revoked["revoked"] is True
        await holder.json("GET", "/auth", 401)
    await person.json("DELETE", f"/api_keys/{made['id']}", 404)
    await person.json("DELETE", "/api_keys/first", 400)


async def test_an_organization_key_sees_every_project(world: Neon, person: Neon, project: Project) -> None:
    path = f"/organizations/{await _organization(world)}/api_keys"
    made = await person.json("POST", path, 200, json={"key_name": "ci"})
    assert made["id"] in [key["id"] for key in await world.json("GET", path, 200)]
    async with holding(world, made["key"]) as holder:
        await holder.json("GET", project.path, 200)
        assert (await holder.json("GET", "/projects", 200, params={"limit": "1"}))["projects"]
    await world.json("DELETE", f"{path}/{made['id']}", 200)
    await person.json("GET", "/organizations/org-other/api_keys", 404)


async def test_a_project_key_works_in_its_project_only(world: Neon, person: Neon, project: Project) -> None:
    other = await world.project()
    path = f"/organizations/{await _organization(world)}/api_keys"
    await person.json("POST", path, 404, json={"key_name": "x", "project_id": "no-such-project"})
    made = await person.json("POST", path, 200, json={"key_name": "portal", "project_id": project.id})
    assert made["project_id"] == project.id
    async with holding(world, made["key"]) as holder:
        assert (await holder.json("GET", "/auth", 200))["auth_method"] == "api_key_org"
        await holder.json("GET", "/users/me/organizations", 200)
        await holder.json("GET", f"{project.branch}/roles", 200)
        body = {"role": {"name": "app"}}
        await project.settled(await holder.json("POST", f"{project.branch}/roles", 201, json=body))
        organization = await _organization(world)
        for method, path in (
            ("GET", "/projects"),
            ("POST", "/projects"),
            ("GET", other.path),
            ("DELETE", other.branch),
            ("GET", f"/organizations/{organization}"),
            ("GET", f"/organizations/{organization}/members"),
            ("GET", f"/organizations/{organization}/api_keys"),
            ("GET", "/users/me"),
            ("GET", "/consumption_history/projects"),
        ):
            refused = await holder.json(method, path, 404)
            assert refused["message"] == (
                "not allowed to perform actions outside the project this key is scoped to; "
                f'subject_project_id:"{project.id}"'
            )
        await holder.json("DELETE", project.path, 403)
    await world.json("GET", project.path, 200)


async def test_the_organization_the_person_and_the_regions_are_told(world: Neon, person: Neon) -> None:
    organization = await _organization(world)
    assert (await world.json("GET", f"/organizations/{organization}", 200))["plan"] == "scale"
    await world.json("GET", "/organizations/org-other", 404)
    me = await person.json("GET", "/users/me", 200)
    members = (await person.json("GET", f"/organizations/{organization}/members", 200))["members"]
    assert [member["user"]["email"] for member in members] == [me["email"]]
    regions = (await person.json("GET", "/regions", 200))["regions"]
    assert [region["region_id"] for region in regions if region["default"]] == ["aws-us-east-2"]
    assert await world.json("GET", "/projects/shared", 200) == {"projects": []}


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param("Bearer simneon_from-another-run", id="of another run"),
        pytest.param("Bearer napi_0123456789abcdefghij", id="real-looking"),
        pytest.param(f"Basic {KEY}", id="another scheme"),
        pytest.param(KEY, id="no scheme"),
        pytest.param(f"Bearer {KEY}\u00e9".encode().decode("latin-1"), id="not ASCII"),
    ],
)
async def test_any_other_credential_opens_nothing(world: Neon, authorization: str) -> None:
    async with httpx.AsyncClient(base_url=world.http.base_url, transport=Judged()) as stranger:
        headers = [(b"Authorization", authorization.encode("latin-1"))]
        for path in ("/auth", "/projects", "/projects/none"):
            answer = await stranger.get(path, headers=headers)
            assert answer.status_code == 401
            assert KEY not in answer.text
