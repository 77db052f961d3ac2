"""Requests that cannot be carried out, and the Status each is answered with."""

from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import orjson

from tests.simulator.kube.conftest import Body, Cluster
from tests.simulator.kube.test_custom import definition, version

CORE = "/api/v1/namespaces/default"
MAPS, BOXES = f"{CORE}/configmaps", "/apis/example.com/v1/namespaces/default/boxes"
ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles"
LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
NO_PATH = "the server could not find the requested resource"
NOT_ALLOWED = "the server does not allow this method on the requested resource"
MEDIA = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
STREAMS = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"
CHANGED = (
    'Operation cannot be fulfilled on configmaps "new": uid mismatch: the provided object specified uid u, '
    "and no existing object was found"
)


@dataclass(frozen=True)
class Row:
    """A request, and its answer: code, reason, message, and the details (None where there are none)."""

    method: str
    path: str
    code: int
    reason: str
    message: str
    details: Body | None = None
    body: Any = None
    kind: str = "application/json"
    query: dict[str, str] = field(default_factory=dict)
    accept: str = "application/json"


def of_map(name: str = "a", **more: Any) -> Body:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}


def bad(method: str, path: str, message: str, **more: Any) -> Row:
    return Row(method, path, 400, "BadRequest", message, **more)


def applied(body: Any, message: str, name: str = "a") -> Row:
    kind, query = "application/apply-patch+yaml", {"fieldManager": "m"}
    return Row("PATCH", f"{MAPS}/{name}", 400, "BadRequest", message, body=body, kind=kind, query=query)


ROUTES: Final = [
    Row("GET", f"{MAPS}/a/status", 404, "NotFound", NO_PATH, {}),
    Row("GET", f"{MAPS}/a/b/c", 404, "NotFound", NO_PATH, {}),
    Row("GET", "/api/v2", 404, "NotFound", NO_PATH, {}),
    Row("POST", "/api/v1/configmaps", 405, "MethodNotAllowed", NOT_ALLOWED, {}, of_map()),
    Row("DELETE", "/api/v1/configmaps", 405, "MethodNotAllowed", NOT_ALLOWED, {}),
    Row(
        "GET", f"{MAPS}/a", 406, "NotAcceptable",
        f"406: Not Acceptable\n\nAvailable representations: {MEDIA}", {}, accept="text/html",
    ),
    Row(
        "GET", MAPS, 406, "NotAcceptable",
        f"406: Not Acceptable\n\nAvailable representations: {MEDIA}, {STREAMS}", {}, accept="text/html",
    ),
    Row(
        "GET", MAPS, 406, "NotAcceptable", f"only the following media types are accepted: {MEDIA}",
        accept="application/json;as=Table;g=meta.k8s.io;v=v9",
    ),
    Row(
        "GET", BOXES, 406, "NotAcceptable", f"only the following media types are accepted: {MEDIA}",
        accept="text/html",
    ),
    Row(
        "POST", MAPS, 415, "UnsupportedMediaType",
        f"the body of the request was in an unknown format - accepted media types include: {MEDIA}",
        body="x", kind="text/plain",
    ),
    Row(
        "PATCH", f"{BOXES}/b", 415, "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
        body={}, kind="application/strategic-merge-patch+json",
    ),
]  # fmt: skip
BODIES: Final = [
    bad("POST", MAPS, (
        'Deployment in version "v1" cannot be handled as a ConfigMap: '
        "converting (v1.Deployment) to (core.ConfigMap): unknown conversion"
    ), body={"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}}),
    bad("POST", MAPS, "unexpected GroupVersion string: a/b/c", body={**of_map(), "apiVersion": "a/b/c"}),
    bad("POST", MAPS, (
        "the object provided is unrecognized (must be of type ConfigMap): "
        "yaml: line 1: did not find expected node content (613a205b)"
    ), body="a: [", kind="application/yaml"),
    bad("POST", MAPS, (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
        'yaml: unmarshal errors:\n  line 3: key "a" already set in map'
    ), body='data:\n  a: "1"\n  a: "2"\n', kind="application/yaml", query={"fieldValidation": "Strict"}),
    bad("POST", MAPS, (
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: '
        "json: cannot unmarshal string into Go struct field ConfigMap.metadata of type v1.ObjectMeta"
    ), body={"metadata": "x"}),
    bad("POST", "/apis/apps/v1/namespaces/default/deployments", (
        'Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal '
        "number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32"
    ), body={"spec": {"replicas": 3000000000}}),
    bad("POST", BOXES, (
        "the object provided is unrecognized (must be of type Box): "
        "Object 'Kind' is missing in '{}' ({})"
    ), body="{}"),
    Row("POST", BOXES, 422, "Invalid", (
        'Crate.example.com "b" is invalid: kind: Invalid value: "Crate": must be Box'
    ), {"name": "b", "group": "example.com", "kind": "Crate", "causes": [
        {"reason": "FieldValueInvalid", "message": 'Invalid value: "Crate": must be Box', "field": "kind"},
    ]}, {"apiVersion": "example.com/v1", "kind": "Crate", "metadata": {"name": "b"}}),
    Row("PUT", f"{MAPS}/a", 500, "", 'strconv.ParseUint: parsing "x": invalid syntax',
        body={"metadata": {"name": "a", "resourceVersion": "x"}}),
    bad("PUT", BOXES, "name must be provided", body={"kind": "Box"}),
    bad("GET", MAPS, (
        'Unable to convert to Table as requested: includeObject: Invalid value: "Odd": '
        "must be 'Metadata', 'Object', 'None', or empty"
    ), query={"includeObject": "Odd"}, accept="application/json;as=Table;g=meta.k8s.io;v=v1"),
    Row("PUT", f"{BOXES}/b", 422, "Invalid", (
        'boxes.example.com "b" is invalid: metadata.resourceVersion: Invalid value: 0: '
        "must be specified for an update"
    ), {"name": "b", "group": "example.com", "kind": "boxes", "causes": [
        {"reason": "FieldValueInvalid", "message": "Invalid value: 0: must be specified for an update",
         "field": "metadata.resourceVersion"},
    ]}, {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": "b"}}),
]  # fmt: skip
APPLIES: Final = [
    applied("a: [", (
        "error decoding YAML: error converting YAML to JSON: yaml: line 1: did not find expected node content"
    )),
    applied("[1]", (
        "error decoding YAML: error unmarshaling JSON: while decoding JSON: "
        "json: cannot unmarshal array into Go value of type map[string]interface {}"
    )),
    applied("", "Incorrect version specified in apply patch. Specified patch version: , expected: v1"),
    applied(
        {**of_map(), "apiVersion": "v2"},
        "Incorrect version specified in apply patch. Specified patch version: v2, expected: v1",
    ),
    applied(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}},
        "the name of the object (new based on URL) was undeterminable: name must be provided",
        "new",
    ),
    Row(
        "PATCH", f"{MAPS}/new", 409, "Conflict", CHANGED, {"name": "new", "kind": "configmaps"},
        {**of_map("new"), "metadata": {"name": "new", "uid": "u"}},
        "application/apply-patch+yaml", {"fieldManager": "m"},
    ),
    Row(
        "PATCH", f"{MAPS}/a", 500, "", (
            "failed to create typed patch object (default/a; /v1, Kind=ConfigMap): "
            ".odd: field not declared in schema"
        ), None, {**of_map(), "odd": 1}, "application/apply-patch+yaml", {"fieldManager": "m"},
    ),
]  # fmt: skip


async def _answer(cluster: Cluster, row: Row) -> httpx.Response:
    headers = {"Accept": row.accept}
    if row.body is not None:
        headers["Content-Type"] = row.kind
    content = row.body if isinstance(row.body, str | None) else orjson.dumps(row.body)
    return await cluster.http.request(
        row.method, row.path, params=row.query, content=content, headers=headers
    )


async def _judge(cluster: Cluster, rows: list[Row]) -> None:
    await cluster.create(MAPS, of_map())
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await cluster.create(definitions, definition(version("v1")))
    box = {"apiVersion": "example.com/v1", "kind": "Box", "metadata": {"name": "b"}, "spec": {"size": 1}}
    await cluster.create(BOXES, box)
    wrong = []
    for row in rows:
        answer = await _answer(cluster, row)
        status = answer.json()
        found = status.get("reason", ""), status["message"], status.get("details")
        if (answer.status_code, status["code"], *found) != (
            row.code, row.code, row.reason, row.message, row.details,
        ):  # fmt: skip
            wrong.append((row, answer.status_code, answer.text))
    assert not wrong


async def test_what_no_route_leads_to_or_answers_is_refused(cluster: Cluster) -> None:
    await _judge(cluster, ROUTES)


async def test_a_body_that_is_no_object_of_the_kind_is_refused(cluster: Cluster) -> None:
    await _judge(cluster, BODIES)


async def test_an_applied_configuration_that_cannot_be_is_refused(cluster: Cluster) -> None:
    await _judge(cluster, APPLIES)


async def test_a_custom_resource_is_written_in_a_namespace_alone(cluster: Cluster) -> None:
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    await cluster.create(definitions, definition(version("v1")))
    answer = await cluster.http.post("/apis/example.com/v1/boxes", json={"kind": "Box"})
    assert (answer.status_code, answer.text) == (404, "404 page not found\n")
    assert (await cluster.get("/apis/example.com/v1/boxes"))["items"] == []


async def test_a_patch_whose_result_is_no_object_of_the_kind_is_invalid(cluster: Cluster) -> None:
    await cluster.create(MAPS, of_map())
    merged = await cluster.patch(f"{MAPS}/a", {"data": "x"})
    said = "json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string"
    assert merged.status_code == 422
    (cause,) = merged.json()["details"]["causes"]
    assert (cause["field"], cause["message"].endswith(said)) == ("patch", True)
    strict = await cluster.patch(f"{MAPS}/a", {"odd": 1}, "strategic-merge-patch", fieldValidation="Strict")
    assert (strict.status_code, strict.json()["message"]) == (
        422,
        ' "" is invalid: patch: Invalid value: "map[odd:1]": strict decoding error: unknown field "odd"',
    )
    typed = await cluster.patch(f"{MAPS}/a", {"metadata": {"labels": {"n": 1}}}, "strategic-merge-patch")
    assert typed.json()["message"].endswith("cannot convert int64 to string")
    whole = await cluster.patch(f"{MAPS}/a", {"data": "x"}, "strategic-merge-patch")
    assert whole.json()["message"].endswith('"map[data:x]": cannot restore map from string')
    twice = await cluster.http.patch(
        f"{MAPS}/a",
        content=b'{"data":{"k":"1","k":"2"}}',
        headers={"Content-Type": "application/merge-patch+json"},
    )
    assert twice.headers["warning"] == '299 - "duplicate field \\"data.k\\""'


async def test_some_kinds_are_created_by_an_update_and_some_need_a_version(cluster: Cluster) -> None:
    role = await cluster.http.put(f"{ROLES}/r", json={"metadata": {"name": "r"}, "rules": []})
    assert role.status_code == 201
    lease = await cluster.http.put(f"{LEASES}/l", json={"metadata": {"name": "l"}})
    assert lease.status_code == 201
    again = await cluster.http.put(f"{LEASES}/l", json={"metadata": {"name": "l"}})
    assert (again.status_code, again.json()["details"]["kind"]) == (422, "leases")
    assert (await cluster.http.put(f"{MAPS}/m", json=of_map("m"))).status_code == 404


LISTS: Final = [
    bad("GET", MAPS, message, query={"labelSelector": selector})
    for selector, message in {
        "a=b=c": "found '=', expected: ',' or 'end of string'",
        "a=b,": "found '', expected: identifier after ','",
        ",a": "found ',', expected: !, identifier, or 'end of string'",
        "!": "unable to parse requirement: found '', expected: identifier",
        "a=!!": "unable to parse requirement: found '!', expected: identifier",
        "a in ()": (
            "unable to parse requirement: values: Invalid value: []: "
            "for 'in', 'notin' operators, values set can't be empty"
        ),
        "a>x": (
            'unable to parse requirement: values[0]: Invalid value: "x": '
            "for 'Gt', 'Lt' operators, the value must be an integer"
        ),
        "/a=b": (
            'unable to parse requirement: <nil>: Invalid value: "/a": prefix part must be non-empty'
        ),
        f"a={'x' * 64}": (
            f'unable to parse requirement: values[0][a]: Invalid value: "{"x" * 64}": '
            "must be no more than 63 bytes"
        ),
    }.items()
] + [
    bad(
        "GET", MAPS, "invalid selector: 'metadata.name=a,b'; can't understand 'b'",
        query={"fieldSelector": "metadata.name=a,b"},
    ),
    bad(
        "GET", MAPS, "invalid continue token: continue key is not valid: "
        'server does not recognize this encoded version "x"',
        query={"continue": "eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ"},
    ),
    bad(
        "GET", MAPS, "invalid continue token: continue key is not valid: "
        "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
        query={"continue": "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MCwic3RhcnQiOiJhIn0"},
    ),
]  # fmt: skip
DELETES: Final = [
    bad("DELETE", f"{MAPS}/a", (
        'no kind "Odd" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"'
    ), body={"apiVersion": "v1", "kind": "Odd"}),
    bad("DELETE", f"{MAPS}/none", (
        "couldn't get version/kind; json parse error: "
        "invalid character 'b' looking for beginning of object key string"
    ), body="{bad"),
    bad("DELETE", f"{MAPS}/a", (
        "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64"
    ), body={"gracePeriodSeconds": "x"}),
    Row(
        "DELETE", f"{MAPS}/a", 415, "UnsupportedMediaType",
        f"the body of the request was in an unknown format - accepted media types include: {MEDIA}",
        body={}, kind="text/plain",
    ),
    Row(
        "DELETE", "/api/v1/namespaces/default", 403, "Forbidden",
        'namespaces "default" is forbidden: this namespace may not be deleted',
        {"name": "default", "kind": "namespaces"},
    ),
]  # fmt: skip


async def test_selectors_and_tokens_that_cannot_be_read_are_refused(cluster: Cluster) -> None:
    await _judge(cluster, LISTS)


async def test_a_delete_that_cannot_be_read_or_may_not_be_deletes_nothing(cluster: Cluster) -> None:
    await _judge(cluster, DELETES)
    assert (await cluster.get(f"{MAPS}/a"))["metadata"]["name"] == "a"


async def test_a_namespace_stays_until_its_own_finalizers_are_taken_off(cluster: Cluster) -> None:
    path = "/api/v1/namespaces/held"
    await cluster.create("/api/v1/namespaces", {"metadata": {"name": "held"}})
    held = {"metadata": {"name": "held"}, "spec": {"finalizers": ["kubernetes", "a.b/c"]}}
    assert (await cluster.http.put(f"{path}/finalize", json=held)).status_code == 200
    await cluster.http.delete(path)
    await cluster.until(path, lambda found: found["spec"] == {"finalizers": ["a.b/c"]})
    await cluster.http.put(f"{path}/finalize", json={**held, "spec": {"finalizers": []}})
    assert (await cluster.http.get(path)).status_code == 404
