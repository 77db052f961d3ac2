"""Custom resources: served versions, pruning, defaults, validation, columns, subresources."""

from typing import Any

import pytest

from tests.simulator.kube.conftest import Body, Cluster

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
SPEC: Body = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "mode": {"type": "string", "enum": ["fast", "slow"], "default": "fast"},
        "port": {"x-kubernetes-int-or-string": True},
        "note": {"type": "string", "nullable": True},
        "items": {"type": "array", "items": {"type": "object", "properties": {"n": {"type": "integer"}}}},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "table": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def definition(*versions: Body, scope: str = "Namespaced") -> Body:
    names = {"kind": "Box", "plural": "boxes", "shortNames": ["bx"]}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "boxes.example.com"},
        "spec": {"group": "example.com", "names": names, "scope": scope, "versions": list(versions)},
    }


def version(name: str, *, storage: bool = True, served: bool = True, **more: Any) -> Body:
    schema = {
        "type": "object",
        "properties": {
            "spec": SPEC,
            "status": {"type": "object", "properties": {"ready": {"type": "integer"}}},
        },
    }
    found = {"name": name, "storage": storage, "served": served, "schema": {"openAPIV3Schema": schema}}
    return {**found, **more}


def box(api: str = "v1", **spec: Any) -> Body:
    body = {"size": 1, **spec}
    return {"apiVersion": f"example.com/{api}", "kind": "Box", "metadata": {"name": "b"}, "spec": body}


def path(api: str = "v1") -> str:
    return f"/apis/example.com/{api}/namespaces/default/boxes"


async def test_unknown_fields_are_pruned_and_named_where_the_schema_does_not_keep_them(
    cluster: Cluster,
) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    body = box(junk=1, free={"any": {"thing": 1}}, items=[{"n": 1, "x": 2}], table={"k": "v"})
    answer = await cluster.http.post(path(), json=body)
    assert answer.json()["spec"] == {
        "size": 1,
        "mode": "fast",
        "free": {"any": {"thing": 1}},
        "items": [{"n": 1}],
        "table": {"k": "v"},
    }
    warnings = answer.headers.get_list("warning")
    assert warnings == [
        '299 - "unknown field \\"spec.junk\\""',
        '299 - "unknown field \\"spec.items[0].x\\""',
    ]


@pytest.mark.parametrize(
    ("spec", "field", "reason"),
    [
        pytest.param({"size": 0}, "spec.size", "FieldValueInvalid", id="too small"),
        pytest.param({"size": "x"}, "spec.size", "FieldValueTypeInvalid", id="wrong type"),
        pytest.param({"mode": "warp"}, "spec.mode", "FieldValueNotSupported", id="not in the enum"),
        pytest.param({"port": 1.5}, "spec.port", "FieldValueTypeInvalid", id="neither int nor string"),
        pytest.param({"size": None}, "spec.size", "FieldValueRequired", id="null is no value"),
        pytest.param({"items": [{"n": "x"}]}, "spec.items[0].n", "FieldValueTypeInvalid", id="in a list"),
    ],
)
async def test_an_invalid_object_is_refused_with_field_and_reason(
    cluster: Cluster, spec: Body, field: str, reason: str
) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    answer = await cluster.http.post(path(), json=box(**spec))
    assert answer.status_code == 422
    causes = answer.json()["details"]["causes"]
    assert [(one["field"], one["reason"]) for one in causes] == [(field, reason)]


@pytest.mark.parametrize("value", [80, "http"])
async def test_an_int_or_string_takes_both(cluster: Cluster, value: Any) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    assert (await cluster.create(path(), box(port=value)))["spec"]["port"] == value


async def test_a_nullable_field_keeps_its_null(cluster: Cluster) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    assert (await cluster.create(path(), box(note=None)))["spec"]["note"] is None


async def test_every_served_version_shows_the_same_object(cluster: Cluster) -> None:
    hidden = version("v1alpha1", storage=False, served=False)
    await cluster.create(CRDS, definition(version("v1"), version("v1beta1", storage=False), hidden))
    made = await cluster.create(path("v1beta1"), box("v1beta1"))
    found = await cluster.get(f"{path()}/b")
    assert (made["apiVersion"], found["apiVersion"]) == ("example.com/v1beta1", "example.com/v1")
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    assert (await cluster.http.get(path("v1alpha1"))).status_code == 404
    group = await cluster.get("/apis/example.com")
    assert [one["version"] for one in group["versions"]] == ["v1", "v1beta1"]


async def test_a_status_subresource_separates_status_and_generation_from_the_rest(cluster: Cluster) -> None:
    await cluster.create(CRDS, definition(version("v1", subresources={"status": {}})))
    made = await cluster.create(path(), {**box(), "status": {"ready": 1}})
    assert "status" not in made
    assert made["metadata"]["generation"] == 1
    status = (await cluster.patch(f"{path()}/b/status", {"status": {"ready": 1}, "spec": {"size": 9}})).json()
    assert (status["status"], status["spec"]["size"]) == ({"ready": 1}, 1)
    assert status["metadata"]["generation"] == 1
    spec = (await cluster.patch(f"{path()}/b", {"status": {"ready": 7}, "spec": {"size": 9}})).json()
    assert (spec["status"], spec["spec"]["size"], spec["metadata"]["generation"]) == ({"ready": 1}, 9, 2)


async def test_a_scale_subresource_follows_its_paths(cluster: Cluster) -> None:
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.ready"}
    await cluster.create(CRDS, definition(version("v1", subresources={"scale": scale})))
    await cluster.create(path(), box(size=2))
    assert (await cluster.get(f"{path()}/b/scale"))["spec"] == {"replicas": 2}
    await cluster.patch(f"{path()}/b/scale", {"spec": {"replicas": 5}})
    assert (await cluster.get(f"{path()}/b"))["spec"]["size"] == 5


async def test_printer_columns_fill_the_table(cluster: Cluster) -> None:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Mode", "type": "string", "jsonPath": ".spec.mode", "priority": 1},
    ]
    await cluster.create(CRDS, definition(version("v1", additionalPrinterColumns=columns)))
    await cluster.create(path(), box(size=4))
    table = (await cluster.http.get(path(), headers=TABLE)).json()
    assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "Size", "Mode"]
    assert table["rows"][0]["cells"] == ["b", 4, "fast"]


async def test_a_changed_definition_changes_what_is_accepted(cluster: Cluster) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    assert (await cluster.http.post(path(), json=box(size=0))).status_code == 422
    patch = [
        {
            "op": "remove",
            "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/minimum",
        }
    ]
    changed = await cluster.patch(f"{CRDS}/boxes.example.com", patch, "json-patch")
    assert changed.status_code == 200, changed.text
    assert (await cluster.http.post(path(), json=box(size=0))).status_code == 201


async def test_strategic_merge_is_not_for_custom_resources(cluster: Cluster) -> None:
    await cluster.create(CRDS, definition(version("v1")))
    await cluster.create(path(), box())
    answer = await cluster.patch(f"{path()}/b", {"spec": {"size": 2}}, "strategic-merge-patch")
    assert answer.status_code == 415


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param(definition(version("v1"), version("v2")), "spec.versions", id="two storage versions"),
        pytest.param(definition(version("v1"), scope="Everywhere"), "spec.scope", id="unknown scope"),
    ],
)
async def test_a_broken_definition_is_refused(cluster: Cluster, body: Body, field: str) -> None:
    answer = await cluster.http.post(CRDS, json=body)
    assert answer.status_code == 422
    assert field in [one["field"] for one in answer.json()["details"]["causes"]]


async def test_objects_are_selected_by_the_fields_their_definition_names(cluster: Cluster) -> None:
    selectable = [{"jsonPath": ".spec.mode"}]
    await cluster.create(CRDS, definition(version("v1", selectableFields=selectable)))
    for name, mode in (("a", "fast"), ("b", "slow")):
        await cluster.create(path(), {**box(mode=mode), "metadata": {"name": name}})
    found = await cluster.get(path(), fieldSelector="spec.mode=slow")
    assert [one["metadata"]["name"] for one in found["items"]] == ["b"]
    refused = await cluster.http.get(path(), params={"fieldSelector": "spec.size=1"})
    assert refused.json()["message"] == "field label not supported: spec.size"
