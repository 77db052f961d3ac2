"""Options of lists and watches that do not hold, and names and UIDs that do not fit the path."""

import pytest

from tests.simulator.kube.conftest import Body, Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
MATCH = "resourceVersionMatch"


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ({"limit": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ({"limit": "1" * 30}, 400, f'strconv.ParseInt: parsing "{"1" * 30}": value out of range'),
        ({"watch": "1", "timeoutSeconds": "x"}, 400, 'strconv.ParseInt: parsing "x": invalid syntax'),
        ({MATCH: "Exact"}, 422, f"Forbidden: {MATCH} is forbidden unless resourceVersion is provided"),
        (
            {MATCH: "Exact", "resourceVersion": "0"},
            422,
            f'Forbidden: {MATCH} "exact" is forbidden for resourceVersion "0"',
        ),
        (
            {MATCH: "Odd", "resourceVersion": "1"},
            422,
            'Unsupported value: "Odd": supported values: "Exact", "NotOlderThan", ""',
        ),
        ({"sendInitialEvents": "true"}, 422, "Forbidden: sendInitialEvents is forbidden for list"),
        (
            {"watch": "1", MATCH: "NotOlderThan"},
            422,
            f"Forbidden: {MATCH} is forbidden for watch unless sendInitialEvents is provided",
        ),
        (
            {"continue": "abc", "resourceVersion": "5"},
            400,
            "specifying resource version is not allowed when using continue",
        ),
        (
            {"continue": "a!b"},
            400,
            "invalid continue token: continue key is not valid: illegal base64 data at input byte 1",
        ),
    ],
)
async def test_a_list_or_watch_that_cannot_be_is_refused(
    cluster: Cluster, query: dict[str, str], code: int, message: str
) -> None:
    answer = await cluster.http.get(MAPS, params=query)
    found = answer.json()
    causes = [cause["message"] for cause in (found.get("details") or {}).get("causes", ())]
    assert (answer.status_code, causes or [found["message"]]) == (code, [message])


@pytest.mark.parametrize(
    ("value", "watches"), [("1", True), ("yes", True), ("", True), ("0", False), ("false", False)]
)
async def test_a_flag_is_set_by_whatever_is_not_false(cluster: Cluster, value: str, *, watches: bool) -> None:
    answer = await cluster.http.get(MAPS, params={"watch": value, "timeoutSeconds": "1"})
    assert ("ConfigMapList" not in answer.text) is watches


@pytest.mark.parametrize(
    ("metadata", "code", "message"),
    [
        ({}, 400, "the name of the object (a based on URL) was undeterminable: name must be provided"),
        ({"name": "b"}, 400, "the name of the object (b) does not match the name on the URL (a)"),
        (
            {"name": "a", "namespace": "b"},
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
    ],
)
async def test_an_update_of_something_else_is_a_bad_request(
    cluster: Cluster, metadata: Body, code: int, message: str
) -> None:
    await cluster.create(MAPS, {"metadata": {"name": "a"}})
    put = await cluster.http.put(f"{MAPS}/a", json={"metadata": metadata})
    assert (put.status_code, put.json()["message"]) == (code, message)
    if metadata:
        patched = await cluster.patch(f"{MAPS}/a", {"metadata": metadata})
        assert (patched.status_code, patched.json()["message"]) == (code, message)


async def test_a_uid_that_is_not_the_objects_is_a_conflict_in_the_words_of_each_verb(
    cluster: Cluster,
) -> None:
    uid = (await cluster.create(MAPS, {"metadata": {"name": "a"}}))["metadata"]["uid"]
    put = await cluster.http.put(f"{MAPS}/a", json={"metadata": {"name": "a", "uid": "other"}})
    assert (put.status_code, put.json()["message"]) == (
        409,
        (
            'Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, '
            "Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: other, UID in object meta: {uid}"
        ),
    )
    gone = await cluster.http.request("DELETE", f"{MAPS}/a", json={"preconditions": {"uid": "other"}})
    assert (gone.status_code, gone.json()["message"]) == (
        409,
        (
            'Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (other) '
            f"does not match the UID in record ({uid}). The object might have been deleted and then recreated"
        ),
    )


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (
            "merge-patch",
            b"{bad",
            "error decoding patch: invalid character 'b' looking for beginning of object key string",
        ),
        ("merge-patch", b"null", "Invalid JSON Patch"),
        (
            "json-patch",
            b"{}",
            (
                "error decoding patch: json: cannot unmarshal object into Go value of type "
                "[]handlers.jsonPatchOp"
            ),
        ),
        (
            "strategic-merge-patch",
            b"{bad",
            "invalid character 'b' looking for beginning of object key string",
        ),
        (
            "strategic-merge-patch",
            b"[]",
            "json: cannot unmarshal array into Go value of type map[string]interface {}",
        ),
    ],
)
async def test_what_is_no_patch_is_a_bad_request(
    cluster: Cluster, kind: str, content: bytes, message: str
) -> None:
    await cluster.create(MAPS, {"metadata": {"name": "a"}})
    headers = {"Content-Type": f"application/{kind}+json"}
    answer = await cluster.http.patch(f"{MAPS}/a", content=content, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (400, message)
