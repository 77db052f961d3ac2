"""Whatever arrives, the answer is Neon's own error envelope, and nothing has changed."""

import json
import random
from typing import Any

import pytest

from tests.simulator.neon.world import Neon, Project

pytestmark = pytest.mark.asyncio(loop_scope="session")
JSON = {"Content-Type": "application/json"}
CANARY = "canary-f00d"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="unfinished"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="text"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
        pytest.param(b'{"role": {"name": NaN}}', id="NaN"),
        pytest.param(b'{"role": {"name": "\\ud800"}}', id="half a character"),
        pytest.param(b'{"role": null}', id="null inside"),
        pytest.param(b'{"role": {"name": "a"}, "other": 1}', id="a field beside"),
        pytest.param(b'{"role": {"name": "a", "password": "canary-f00d"}}', id="a field too many"),
        pytest.param(b'{"role": {"name": {"a": 1}}}', id="object for text"),
        pytest.param(b'{"role": {"name": "a", "no_login": 1}}', id="number for boolean"),
    ],
)
async def test_a_body_that_is_none(world: Neon, project: Project, content: bytes) -> None:
    answer = await world.http.post(f"{project.branch}/roles", content=content, headers=JSON)
    assert answer.status_code == 400
    assert CANARY not in answer.text
    assert [role["name"] for role in (await world.json("GET", f"{project.branch}/roles", 200))["roles"]] == [
        "neondb_owner"
    ]


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param('{"autoscaling_limit_max_cu": 1e999}', id="infinite"),
        pytest.param('{"autoscaling_limit_max_cu": -1e308}', id="very negative"),
        pytest.param('{"suspend_timeout_seconds": 1' + "0" * 400 + "}", id="very long"),
        pytest.param('{"suspend_timeout_seconds": 60.5}', id="a fraction"),
        pytest.param('{"suspend_timeout_seconds": true}', id="boolean for number"),
    ],
)
async def test_numbers_no_compute_has(world: Neon, project: Project, limits: str) -> None:
    content = f'{{"endpoint": {limits}}}'
    answer = await world.http.patch(project.endpoint, content=content, headers=JSON)
    assert answer.status_code == 400


async def test_a_body_nobody_needs_is_not_read_to_its_end(world: Neon, project: Project) -> None:
    content = json.dumps({"role": {"name": "x" * 2_000_000}})
    answer = await world.http.post(f"{project.branch}/roles", content=content, headers=JSON)
    assert answer.status_code == 413


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
async def test_another_content_type(world: Neon, project: Project, kind: str) -> None:
    answer = await world.http.post(
        f"{project.branch}/roles", content=b'{"role": {"name": "a"}}', headers={"Content-Type": kind}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "{project}/databases", 404, id="the path of the first version"),
        pytest.param("GET", "/", 404, id="nothing named"),
        pytest.param("GET", "/projects//branches", 404, id="an empty segment"),
        pytest.param("GET", "/projects/..%2F..", 404, id="climbing"),
        pytest.param("GET", "/projects/%00", 404, id="a zero byte"),
        pytest.param("GET", "/projects/%FF%FE", 404, id="no UTF-8"),
        pytest.param("GET", "/projects/" + "x" * 5000, 404, id="very long"),
        pytest.param("PUT", "/projects", 405, id="a wrong method"),
        pytest.param("GET", "{branch}/roles/a%2Fb", 404, id="an encoded slash"),
    ],
)
async def test_a_path_that_leads_nowhere(
    world: Neon, project: Project, method: str, path: str, status: int
) -> None:
    answer = await world.http.request(method, path.format(project=project.path, branch=project.branch))
    assert answer.status_code == status
    assert answer.json()["message"]


async def test_a_name_with_a_slash_reaches_its_place(world: Neon, project: Project) -> None:
    for name in ("a/b", "a%2Fb", "/", "%"):
        role = await project.role(name)
        assert role["name"] == name
        encoded = name.replace("%", "%25").replace("/", "%2F")
        found = await world.json("GET", f"{project.branch}/roles/{encoded}", 200)
        assert found["role"]["name"] == name
        await project.settle("DELETE", f"{project.branch}/roles/{encoded}", 200)


async def test_no_mutilated_body_makes_the_service_fail(world: Neon, project: Project) -> None:
    """Each of many bodies, every one a valid one with something replaced, gets an answer below 500."""
    chance = random.Random(5)  # noqa: S311 - nothing secret, and the same bodies every time
    body: dict[str, Any] = {
        "branch": {
            "name": "b",
            "parent_id": project.branch_id,
            "expires_at": "2030-01-01T00:00:00Z",
            "protected": False,
            "init_source": "parent-data",
        },
        "endpoints": [{"type": "read_write", "autoscaling_limit_min_cu": 1}],
        "annotation_value": {"a": "b"},
    }
    odd: list[Any] = [None, True, -1, 2**70, 1e300, "", "x" * 300, "\u0000", [], {}, [[]], {"": None}]
    for _ in range(60):
        answer = await world.http.post(
            f"{project.path}/branches", json=_mutilated(body, chance, odd), headers=JSON
        )
        assert answer.status_code < 500, answer.text
        if answer.status_code == 201:
            await project.settled(answer.json())


def _mutilated(value: Any, chance: random.Random, odd: list[Any]) -> Any:
    if chance.random() < 0.2:
        return chance.choice(odd)
    if isinstance(value, dict):
        return {name: _mutilated(each, chance, odd) for name, each in value.items()}
    return [_mutilated(each, chance, odd) for each in value] if isinstance(value, list) else value
