"""The judge of answers says no, and the document it judges by is there where it is claimed to be."""

import pytest

from tests.simulator.neon.schema import DOCUMENT, MISSING, Judge, judge
from tests.simulator.neon.world import Neon, Project


def _content(schema: str) -> dict[str, object]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


SMALL_DOCUMENT = {
    "paths": {
        "/things/{id}": {
            "get": {
                "operationId": "getThing",
                "responses": {
                    200: _content("Thing"),
                    204: {"description": "gone"},
                    "default": {"$ref": "#/components/responses/GeneralError"},
                },
            }
        }
    },
    "components": {
        "responses": {
            "GeneralError": _content("GeneralError"),
        },
        "schemas": {
            "ConsumptionHistoryPerPeriod": {"type": "object"},
            "GeneralError": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
            },
            "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
            "Thing": {
                "allOf": [
                    {"$ref": "#/components/schemas/Named"},
                    {
                        "type": "object",
                        "properties": {"at": {"type": "string", "format": "date-time", "nullable": True}},
                    },
                ]
            },
        },
    },
}


@pytest.mark.parametrize(
    ("status", "body", "breaches"),
    [
        pytest.param(200, {"name": "a", "at": "2030-01-01T00:00:00Z"}, 0, id="as promised"),
        pytest.param(200, {"name": "a", "at": None}, 0, id="nullable"),
        pytest.param(204, None, 0, id="no body"),
        pytest.param(404, {"code": "", "message": "thing not found"}, 0, id="an error"),
        pytest.param(200, {"at": None}, 1, id="lacks a required field"),
        pytest.param(200, {"name": 7}, 1, id="wrong type"),
        pytest.param(200, {"name": "a", "at": "yesterday"}, 1, id="no date-time"),
        pytest.param(200, {"name": "a", "colour": "red"}, 1, id="unknown field"),
        pytest.param(202, {"name": "a"}, 1, id="a success that is not declared"),
        pytest.param(404, {"message": "thing not found"}, 1, id="an error without a code"),
    ],
)
def test_a_breach_is_told_from_what_was_promised(status: int, body: object, breaches: int) -> None:
    found = Judge(SMALL_DOCUMENT).breaches("GET", "/things/7", status, "application/json", body)
    assert len(found) == breaches, found


def test_what_is_not_in_the_document_may_only_fail() -> None:
    strict = Judge(SMALL_DOCUMENT)
    assert not strict.breaches("GET", "/other", 404, "application/json", {"code": "", "message": "no"})
    assert strict.breaches("GET", "/other", 200, "application/json", {})
    assert strict.breaches("GET", "/things/7", 200, "text/html", "<html>")


@pytest.mark.skipif(not DOCUMENT.exists(), reason=MISSING)
@pytest.mark.asyncio(loop_scope="session")
async def test_answers_are_judged_by_the_document(world: Neon, project: Project) -> None:
    found = judge()
    assert found is not None
    answer = await world.json("GET", project.path, 200)
    path = f"/projects/{project.id}"
    assert not found.breaches("GET", path, 200, "application/json", answer)
    del answer["project"]["owner_id"]
    assert found.breaches("GET", path, 200, "application/json", answer)
