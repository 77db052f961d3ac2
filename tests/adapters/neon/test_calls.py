"""What each call sends and what it makes of the answer."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from portal.adapters.neon import NeonApi
from portal.core.neon import NeonAuth
from portal.core.secrets import Secret
from portal.errors import UsageError
from tests.adapters.neon.answers import BRANCH, ENDPOINT, KEY, OPERATION, PROJECT, ROLE, answer, neon, sent

PASSWORD = "canary-password-123"
URI = f"postgresql://app:{PASSWORD}@ep-cool-dawn-1.neon.test/db?sslmode=require"
DATABASE = {"id": 7, "name": "db", "branch_id": BRANCH["id"], "owner_name": "app"}

Operation = Callable[[NeonApi], Awaitable[object]]


class Case(NamedTuple):
    """A call: what it must send, what is answered."""

    id: str
    method: str
    path: str
    query: dict[str, str]
    body: Any
    document: Any
    operation: Operation


CALLS: list[Case] = [
    Case(
        "whoami",
        "GET",
        "/auth",
        {},
        None,
        {"account_id": "x", "auth_method": "api_key_org"},
        lambda a: a.whoami(),
    ),
    Case("project", "GET", "/projects/p", {}, None, {"project": PROJECT}, lambda a: a.project("p")),
    Case(
        "endpoints",
        "GET",
        "/projects/p/endpoints",
        {},
        None,
        {"endpoints": [ENDPOINT]},
        lambda a: a.endpoints("p"),
    ),
    Case(
        "create endpoint",
        "POST",
        "/projects/p/endpoints",
        {},
        {"endpoint": {"branch_id": "b", "type": "read_write"}},
        {"endpoint": ENDPOINT, "operations": [OPERATION]},
        lambda a: a.create_endpoint("p", "b"),
    ),
    Case(
        "roles",
        "GET",
        "/projects/p/branches/b/roles",
        {},
        None,
        {"roles": [ROLE]},
        lambda a: a.roles("p", "b"),
    ),
    Case(
        "create role",
        "POST",
        "/projects/p/branches/b/roles",
        {},
        {"role": {"name": "app"}},
        {"role": {**ROLE, "password": PASSWORD}, "operations": [OPERATION]},
        lambda a: a.create_role("p", "b", "app"),
    ),
    Case(
        "reveal",
        "GET",
        "/projects/p/branches/b/roles/app/reveal_password",
        {},
        None,
        {"password": PASSWORD},
        lambda a: a.reveal_password("p", "b", "app"),
    ),
    Case(
        "reset",
        "POST",
        "/projects/p/branches/b/roles/app/reset_password",
        {},
        None,
        {"role": {**ROLE, "password": PASSWORD}, "operations": []},
        lambda a: a.reset_password("p", "b", "app"),
    ),
    Case(
        "databases",
        "GET",
        "/projects/p/branches/b/databases",
        {},
        None,
        {"databases": [DATABASE]},
        lambda a: a.databases("p", "b"),
    ),
    Case(
        "create database",
        "POST",
        "/projects/p/branches/b/databases",
        {},
        {"database": {"name": "db", "owner_name": "app"}},
        {"database": DATABASE, "operations": [OPERATION, {**OPERATION, "error": None, "branch_id": "b"}]},
        lambda a: a.create_database("p", "b", "db", "app"),
    ),
    Case(
        "operations",
        "GET",
        "/projects/p/operations",
        {"limit": "100"},
        None,
        {"operations": [OPERATION], "pagination": {"cursor": "more"}},
        lambda a: a.operations("p"),
    ),
    Case(
        "operation",
        "GET",
        "/projects/p/operations/o",
        {},
        None,
        {"operation": {**OPERATION, "status": "a_new_status"}},
        lambda a: a.operation("p", "o"),
    ),
    Case(
        "uri",
        "GET",
        "/projects/p/connection_uri",
        {"branch_id": "b", "database_name": "db", "role_name": "app", "pooled": "true"},
        None,
        {"uri": URI},
        lambda a: a.connection_uri("p", "b", "db", "app", pooled=True),
    ),
    Case(
        "auth",
        "GET",
        "/projects/p/branches/b/auth",
        {},
        None,
        {
            "auth_provider": "better_auth",
            "jwks_url": "https://auth.test/jwks",
            "branch_id": "b",
            "base_url": "u",
        },
        lambda a: a.auth("p", "b"),
    ),
    Case(
        "enable auth",
        "POST",
        "/projects/p/branches/b/auth",
        {},
        {"auth_provider": "better_auth", "database_name": "db"},
        {"auth_provider": "better_auth", "jwks_url": "https://auth.test/jwks", "secret_server_key": PASSWORD},
        lambda a: a.enable_auth("p", "b", "db"),
    ),
]


@pytest.mark.parametrize("case", CALLS, ids=lambda case: case.id)
async def test_a_call_sends_what_the_api_asks_for_and_shows_no_secret(case: Case) -> None:
    requests: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return answer(case.document, 201 if case.method == "POST" else 200)

    async with neon(handler) as api:
        result = await case.operation(api)
    (request,) = requests
    assert request.method == case.method
    assert request.url.path == f"/api/v2{case.path}"
    assert dict(request.url.params) == case.query
    assert (sent(request) if request.content else None) == case.body
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-request-id"]
    if case.body is not None:
        assert request.headers["content-type"] == "application/json"
    assert PASSWORD not in repr(result)


async def test_a_new_role_brings_its_password_and_operations() -> None:
    document = {"role": {**ROLE, "password": PASSWORD}, "operations": [OPERATION]}
    async with neon(lambda _request: answer(document, 201)) as api:
        made = await api.create_role("p", "b", "app")
    assert made.password == Secret(PASSWORD)
    assert [one.id for one in made.operations] == [OPERATION["id"]]


async def test_a_role_without_password_in_the_answer_is_no_error() -> None:
    async with neon(lambda _request: answer({"role": ROLE, "operations": []}, 201)) as api:
        assert (await api.create_role("p", "b", "app")).password is None


async def test_an_answer_without_content_starts_no_operations() -> None:
    async with neon(lambda _request: httpx.Response(204)) as api:
        assert await api.create_database("p", "b", "db", "app") == ()


async def test_every_request_has_its_own_id() -> None:
    seen: set[str] = set()

    def handler(request: httpx.Request) -> httpx.Response:
        seen.add(request.headers["x-request-id"])
        return answer({"account_id": "x"})

    async with neon(handler) as api:
        for _ in range(3):
            await api.whoami()
    assert len(seen) == 3


async def test_path_segments_are_escaped() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (
            request.url.raw_path
            == b"/api/v2/projects/p/branches/b/roles/a%2Fb%3Fc%23%20%C3%BC/reveal_password"
        )
        return answer({"password": PASSWORD})

    async with neon(handler) as api:
        await api.reveal_password("p", "b", "a/b?c# ü")


@pytest.mark.parametrize("name", ["", ".", ".."])
async def test_a_segment_that_would_change_the_path_is_refused_before_anything_is_sent(name: str) -> None:
    async with neon(lambda _request: pytest.fail("it was sent")) as api:
        with pytest.raises(UsageError):
            await api.project(name)


async def test_auth_that_is_not_enabled_is_none() -> None:
    async with neon(lambda _request: answer({"code": "", "message": "not found"}, 404)) as api:
        assert await api.auth("p", "b") is None


async def test_auth_tells_where_its_keys_are() -> None:
    document = {"auth_provider": "better_auth", "jwks_url": "https://auth.test/jwks"}
    async with neon(lambda _request: answer(document)) as api:
        assert await api.auth("p", "b") == NeonAuth("b", "better_auth", "https://auth.test/jwks")


async def test_the_key_set_is_fetched_without_the_api_key() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "https://auth.test/.well-known/jwks.json?x=1"
        assert "authorization" not in request.headers
        return answer({"keys": [{"kty": "OKP", "kid": "1"}]})

    async with neon(handler) as api:
        assert await api.jwks("https://auth.test/.well-known/jwks.json?x=1") == {
            "keys": [{"kty": "OKP", "kid": "1"}]
        }


@pytest.mark.parametrize("url", ["file:///etc/passwd", "", "auth.test/jwks", "http://", "http://[x"])
async def test_a_key_set_is_only_fetched_over_http(url: str) -> None:
    async with neon(lambda _request: pytest.fail("it was sent")) as api:
        with pytest.raises(UsageError):
            await api.jwks(url)
