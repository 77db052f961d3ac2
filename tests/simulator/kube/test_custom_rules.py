"""The rules of a definition's schema: what breaks them is told with their field, reason and message."""

from typing import Any, Final

import pytest

from tests.simulator.kube.conftest import Body, Cluster
from tests.simulator.kube.test_custom import definition, version

BOXES = "/apis/example.com/v1/namespaces/default/boxes"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SCHEMA: Final[Body] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "!has(self.min) || self.min <= self.max", "message": "min is above max"},
                {
                    "rule": "!has(self.max) || self.max < 100",
                    "messageExpression": "'at most 99, not ' + string(self.max)",
                    "fieldPath": ".max",
                },
                {"rule": "has(self.owner)", "message": "name one", "reason": "FieldValueRequired",
                 "fieldPath": ".owner"},
                {"rule": "!has(oldSelf.kind) || has(self.kind)", "reason": "FieldValueForbidden",
                 "message": "the kind stays"},
                {"rule": "!has(self.max__dash__age) || self.max__dash__age > 0"},
            ],
            "properties": {
                "max-age": {"type": "integer"},
                "min": {"type": "integer"},
                "max": {"type": "integer"},
                "owner": {"type": "string"},
                "kind": {
                    "type": "string",
                    "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "is immutable"}],
                },
                "size": {
                    "type": "string",
                    "x-kubernetes-validations": [
                        {"rule": "quantity(self).isLessThan(quantity('1Gi'))"},
                    ],
                },
                "parts": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["name"],
                    "items": {
                        "type": "object",
                        "required": ["name"],
                        "x-kubernetes-validations": [
                            {"rule": "!has(self.count) || self.count >= oldSelf.count",
                             "message": "may not shrink"},
                        ],
                        "properties": {"name": {"type": "string"}, "count": {"type": "integer"}},
                    },
                },
            },
        }
    },
}  # fmt: skip


def box(**spec: Any) -> Body:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Box",
        "metadata": {"name": "b"},
        "spec": {"owner": "o", **spec},
    }


async def _define(cluster: Cluster) -> None:
    await cluster.create(DEFINITIONS, definition(version("v1", schema={"openAPIV3Schema": SCHEMA})))


@pytest.mark.parametrize(
    ("spec", "causes"),
    [
        ({"min": 2, "max": 1}, ['spec: Invalid value: "object": min is above max']),
        (
            {"max-age": 0},
            [
                (
                    'spec: Invalid value: "object": '
                    "failed rule: !has(self.max__dash__age) || self.max__dash__age > 0"
                )
            ],
        ),
        ({"max": 100}, ['spec.max: Invalid value: "object": at most 99, not 100']),
        ({"owner": None}, ["spec.owner: Required value: name one"]),
        (
            {"size": "2Gi"},
            ["spec.size: Invalid value: \"string\": failed rule: quantity(self).isLessThan(quantity('1Gi'))"],
        ),
        (
            {"min": 1},
            [
                (
                    'spec: Invalid value: "object": no such key: max evaluating rule: '
                    "!has(self.min) || self.min <= self.max"
                )
            ],
        ),
        (
            {"min": "x", "max": 100},
            [
                'spec.min: Invalid value: "string": spec.min in body must be of type integer: "string"',
                (
                    "<nil>: Invalid value: null: some validation rules were not checked because the object "
                    "was invalid; correct the existing errors to complete validation"
                ),
            ],
        ),
    ],
)
async def test_a_new_object_keeps_to_the_rules(cluster: Cluster, spec: Body, causes: list[str]) -> None:
    await _define(cluster)
    answer = await cluster.http.post(BOXES, json=box(**spec))
    assert answer.status_code == 422, answer.text
    found = [f"{one['field']}: {one['message']}" for one in answer.json()["details"]["causes"]]
    assert found == causes


async def test_rules_of_change_are_asked_of_what_was_there_before(cluster: Cluster) -> None:
    await _define(cluster)
    parts = [{"name": "a", "count": 2}, {"name": "b", "count": 1}]
    await cluster.create(BOXES, box(kind="x", parts=parts))
    changed = await cluster.patch(
        f"{BOXES}/b",
        {"spec": {"kind": "y", "parts": [{"name": "c", "count": 0}, {"name": "a", "count": 1}]}},
    )
    assert [(one["field"], one["message"]) for one in changed.json()["details"]["causes"]] == [
        ("spec.kind", 'Invalid value: "string": is immutable'),
        ("spec.parts[1]", 'Invalid value: "object": may not shrink'),
    ]
    gone = await cluster.patch(f"{BOXES}/b", {"spec": {"kind": None}})
    assert gone.json()["message"] == 'Box.example.com "b" is invalid: spec: Forbidden: the kind stays'
    assert (await cluster.patch(f"{BOXES}/b", {"spec": {"max": 5}})).status_code == 200


async def test_what_does_not_change_is_not_asked_again(cluster: Cluster) -> None:
    await cluster.create(DEFINITIONS, definition(version("v1", schema={"openAPIV3Schema": {
        "type": "object", "x-kubernetes-preserve-unknown-fields": True}})))  # fmt: skip
    await cluster.create(BOXES, box(max=100))
    path = f"{DEFINITIONS}/boxes.example.com"
    await cluster.patch(
        path, [{"op": "replace", "path": "/spec/versions/0/schema/openAPIV3Schema", "value": SCHEMA}],
        "json-patch",
    )  # fmt: skip
    labelled = await cluster.patch(f"{BOXES}/b", {"metadata": {"labels": {"a": "b"}}})
    assert labelled.status_code == 200, labelled.text
    assert (await cluster.patch(f"{BOXES}/b", {"spec": {"max": 101}})).status_code == 422


async def test_a_rule_that_is_none_is_refused_with_its_definition(cluster: Cluster) -> None:
    schema = {"type": "object", "properties": {"spec": {
        "type": "object", "x-kubernetes-validations": [{"rule": "self.a ==", "message": "m"}]}}}  # fmt: skip
    body = definition(version("v1", schema={"openAPIV3Schema": schema}))
    answer = await cluster.http.post(DEFINITIONS, json=body)
    assert answer.status_code == 422
    (cause,) = answer.json()["details"]["causes"]
    assert cause["field"] == (
        "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"
    )
    assert "compilation failed: " in cause["message"]
