"""Requests drawn from Neon's OpenAPI document: none makes the service fail, every answer is as promised."""

import random
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation

from simulator.clock import WallClock
from simulator.neon.routes import TABLE
from tests.simulator.neon.schema import DOCUMENT, MISSING, judge
from tests.simulator.neon.world import PERSONAL, Neon, holding, neon

DRAWN = {GenerationMode.POSITIVE: 5, GenerationMode.NEGATIVE: 2}
"""How many requests each operation gets: as the document has them, and not quite."""
MORE = {GenerationMode.POSITIVE: 40, GenerationMode.NEGATIVE: 15}
ACTIONS = ("apply_config", "start_compute", "suspend_compute", "create_branch", "delete_timeline")
_FAILED = 500
_REAL_IDS = 0.8

pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason=MISSING)


def _form(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "{}", path)


def _operations() -> Iterator[APIOperation[Any, Any, Any, Any]]:
    found = judge()
    assert found is not None
    known = {(method, _form(path)) for method, path, _ in TABLE}
    for result in schemathesis.openapi.from_dict(found.document).get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        if (operation.method.upper(), _form(operation.path)) in known:
            yield operation


def _cases(
    operation: APIOperation[Any, Any, Any, Any], counts: Mapping[GenerationMode, int]
) -> list[Case[Any]]:
    """The same ones at every run."""
    drawn: list[Case[Any]] = []
    for mode, count in counts.items():

        @settings(
            max_examples=count,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(operation.as_strategy(generation_mode=mode))
        def draw(case: Case[Any]) -> None:
            drawn.append(case)

        draw()
    return drawn


async def _ground(world: Neon, organization: str) -> dict[str, str]:
    """What there is to be named: a project with something of every kind."""
    project = await world.project()
    auth = f"{project.branch}/auth"
    await world.json("POST", auth, 201, json={"auth_provider": "mock"})
    user = await world.json("POST", f"{auth}/users", 201, json={"email": "ada@example.com"})
    snapshot = await world.json("POST", f"{project.branch}/snapshot", 200)
    await project.ended(snapshot["operations"][0]["id"])
    return {
        "project_id": project.id,
        "branch_id": project.branch_id,
        "source_branch_id": project.branch_id,
        "endpoint_id": project.endpoint_id,
        "org_id": organization,
        "role_name": "neondb_owner",
        "owner_name": "neondb_owner",
        "database_name": "neondb",
        "operation_id": snapshot["operations"][0]["id"],
        "snapshot_id": snapshot["snapshot"]["id"],
        "auth_user_id": user["id"],
    }


def _placed(value: Any, real: dict[str, str], chance: random.Random) -> Any:
    """The same, most of it naming what there is."""
    if isinstance(value, dict):
        return {
            name: real[name] if name in real and chance.random() < _REAL_IDS else _placed(each, real, chance)
            for name, each in value.items()
        }
    return [_placed(each, real, chance) for each in value] if isinstance(value, list) else value


@asynccontextmanager
async def _world(run_dir: Path) -> AsyncIterator[Neon]:
    """Time flies and no operation comes to its effect, so that no server is started."""
    async with neon(run_dir, WallClock(2000)) as world:
        for action in ACTIONS:
            world.mishaps.add(action, "not in this test", times=100_000)
        yield world


@pytest.mark.timeout(600)
@pytest.mark.parametrize("counts", [DRAWN, pytest.param(MORE, marks=pytest.mark.long)], ids=["some", "more"])
async def test_no_request_drawn_from_the_document_breaks_a_promise(
    tmp_path: Path, counts: Mapping[GenerationMode, int]
) -> None:
    answered: dict[str, set[int]] = {}
    async with _world(tmp_path) as world, holding(world, PERSONAL) as person:
        organization = (await world.json("GET", "/auth", 200))["account_id"]
        chance = random.Random(3)  # noqa: S311 - nothing secret, and the same choices every time
        for operation in _operations():
            real = await _ground(world, organization)
            for case in _cases(operation, counts):
                case.path_parameters = _placed(case.path_parameters, real, chance)
                case.query, case.body = _placed(case.query, real, chance), _placed(case.body, real, chance)
                request = case.as_transport_kwargs(base_url=str(world.http.base_url))
                answer = await _sent(person, request)
                assert answer.status_code < _FAILED, (request["method"], request["url"], answer.text)
                answered.setdefault(operation.label, set()).add(answer.status_code)
    assert len(answered) >= len(TABLE) - 1
    succeeded = [label for label, statuses in answered.items() if min(statuses) < httpx.codes.BAD_REQUEST]
    assert len(succeeded) > len(TABLE) * 0.7, sorted(set(answered) - set(succeeded))


async def _sent(person: Neon, request: dict[str, Any]) -> httpx.Response:
    """The answer; a mapping of a query may hold several values under one name."""
    headers = {name: value for name, value in request["headers"].items() if name.lower() == "content-type"}
    body = {name: request[name] for name in ("json", "data", "content") if name in request}
    if isinstance(body.get("data"), bytes | str):
        body = {"content": body["data"]}
    return await person.http.request(
        request["method"], request["url"], params=request.get("params"), headers=headers, **body
    )
