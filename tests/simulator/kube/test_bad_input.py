"""Bodies and options that do not hold, and the sentence each is answered with."""

from typing import Any

import pytest

from simulator.kube.schema.quantities import canonical
from tests.simulator.kube.conftest import Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"
PODS = "/api/v1/namespaces/default/pods"
UNRECOGNISED = "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind"
PARSE = f"{UNRECOGNISED}; json parse error:"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", f"{PARSE} unexpected end of JSON input (<empty>)"),
        (b"{", f"{PARSE} unexpected end of JSON input ({{)"),
        (b"{bad", f"{PARSE} invalid character 'b' looking for beginning of object key string ({{bad)"),
        (b'{"a" 1}', f"{PARSE} invalid character '1' after object key ({{\"a\" 1}})"),
        (b'{"a": 1 2}', f"{PARSE} invalid character '2' after object key:value pair ({{\"a\": 1 2}})"),
        (b"nope", f"{PARSE} invalid character 'o' in literal null (expecting 'u') (6e6f7065)"),
        (b"{}}", f"{PARSE} invalid character '}}' after top-level value ({{}}}})"),
    ],
)
async def test_json_that_cannot_be_read_is_told_as_go_tells_it(
    cluster: Cluster, content: bytes, message: str
) -> None:
    answer = await cluster.http.post(MAPS, content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")
    assert answer.json()["message"] == message


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        pytest.param(
            MAPS,
            {"metadata": {"name": "a"}, "data": {"k": 1}},
            'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into '
            "Go struct field ConfigMap.data of type string",
            id="a number where text belongs",
        ),
        pytest.param(
            SECRETS,
            {"metadata": {"name": "a"}, "data": {"k": "no!"}},
            'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 2',
            id="no base64",
        ),
        pytest.param(
            SECRETS,
            {"metadata": {"name": "a"}, "data": {"k": "YWJjZ"}},
            'Secret in version "v1" cannot be handled as a Secret: illegal base64 data at input byte 4',
            id="base64 cut short",
        ),
        pytest.param(
            PODS,
            {
                "metadata": {"name": "a"},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "x"}}}]},
            },
            'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            id="no quantity",
        ),
        pytest.param(
            MAPS,
            {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "a"}},
            'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to '
            "(core.ConfigMap): unknown conversion",
            id="another kind",
        ),
    ],
)
async def test_a_body_of_the_wrong_type_is_a_bad_request(
    cluster: Cluster, path: str, body: Any, message: str
) -> None:
    answer = await cluster.http.post(path, json=body)
    assert (answer.status_code, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize(
    ("body", "field", "ends"),
    [
        ({"data": {"a b": "1"}}, "data[a b]", "regex used for validation is '[-._a-zA-Z0-9]+')"),
        (
            {"data": {"k": "1"}, "binaryData": {"k": "dg=="}},
            "data[k]",
            "duplicate of key present in binaryData",
        ),
        ({"metadata": {"annotations": {"a b": "1"}}}, "metadata.annotations", "?[A-Za-z0-9]')"),
        ({"data": {"k": "x" * 1048577}}, "[]", "Too long: may not be more than 1048576 bytes"),
    ],
)
async def test_keys_and_sizes_are_judged(cluster: Cluster, body: Any, field: str, ends: str) -> None:
    answer = await cluster.http.post(
        MAPS, json={**body, "metadata": {"name": "a", **body.get("metadata", {})}}
    )
    assert answer.status_code == 422
    (cause,) = answer.json()["details"]["causes"]
    assert (cause.get("field", ""), cause["message"].endswith(ends)) == (field, True), cause


@pytest.mark.parametrize(
    ("method", "query", "kind", "causes"),
    [
        (
            "POST",
            {"dryRun": "Some"},
            "CreateOptions",
            {"dryRun": 'Unsupported value: ["Some"]: supported values: "All"'},
        ),
        (
            "POST",
            {"fieldValidation": "Odd"},
            "CreateOptions",
            {"fieldValidation": 'Unsupported value: "Odd": supported values: "", "Ignore", "Strict", "Warn"'},
        ),
        (
            "PUT",
            {"fieldManager": "x" * 129},
            "UpdateOptions",
            {"fieldManager": "Too long: may not be more than 128 bytes"},
        ),
        (
            "DELETE",
            {"propagationPolicy": "Odd"},
            "DeleteOptions",
            {
                "propagationPolicy": 'Unsupported value: "Odd": supported values: '
                '"Foreground", "Background", "Orphan", "nil"'
            },
        ),
    ],
)
async def test_options_that_do_not_hold_are_named(
    cluster: Cluster, method: str, query: dict[str, str], kind: str, causes: dict[str, str]
) -> None:
    await cluster.create(MAPS, {"metadata": {"name": "a"}})
    path = MAPS if method == "POST" else f"{MAPS}/a"
    body = None if method == "DELETE" else {"metadata": {"name": "a"}}
    answer = await cluster.http.request(method, path, params=query, json=body)
    found = answer.json()
    assert (answer.status_code, found["reason"], found["details"]["kind"]) == (422, "Invalid", kind)
    assert {one["field"]: one["message"] for one in found["details"]["causes"]} == causes


@pytest.mark.parametrize("validation", ["Strict", "Warn", "Ignore"])
async def test_fields_named_twice_or_unknown_are_refused_warned_of_or_ignored(
    cluster: Cluster, validation: str
) -> None:
    content = b'{"metadata": {"name": "a"}, "data": {"k": "1", "k": "2"}, "junk": 1}'
    headers = {"Content-Type": "application/json"}
    answer = await cluster.http.post(
        MAPS, content=content, headers=headers, params={"fieldValidation": validation}
    )
    warnings = answer.headers.get_list("warning")
    if validation == "Strict":
        assert (answer.status_code, answer.json()["message"]) == (
            400,
            (
                'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: '
                'duplicate field "data.k", unknown field "junk"'
            ),
        )
    elif validation == "Warn":
        assert warnings == ['299 - "duplicate field \\"data.k\\""', '299 - "unknown field \\"junk\\""']
    else:
        assert (answer.status_code, warnings) == (201, [])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0.5", "500m"), ("1024Mi", "1Gi"), ("2000m", "2"), ("1.5Gi", "1536Mi"), ("0", "0"),
        ("1000000", "1M"),
        ("1e3", "1e3"), ("1Ki", "1Ki"), ("0.1Gi", "107374183"), (1, "1"), (0.25, "250m"), ("-1", "-1"),
        ("0.0001m", "100n"), (".5", "500m"), ("abc", None), ("1 Gi", None), ("", None), (True, None),
    ],
)  # fmt: skip
def test_quantities_are_kept_in_one_form(given: Any, kept: str | None) -> None:
    assert canonical(given) == kept


@pytest.mark.parametrize(
    ("content", "code", "data"),
    [
        (b"metadata: {name: a}\ndata: {2: x, true: y}", 201, {"2": "x", "true": "y"}),
        (b"metadata: {name: a}\ndata: !!set {x}", 400, None),
        (b"metadata: {name: a}\ndata: {k: !!binary dg==}", 400, None),
        (b"metadata: {name: a, generation: 99999999999999999999999}", 400, None),
        (b"a: &a [*a]", 400, None),
        (b"a: [", 400, None),
    ],
)
async def test_yaml_is_read_as_far_as_it_is_json(
    cluster: Cluster, content: bytes, code: int, data: Any
) -> None:
    answer = await cluster.http.post(MAPS, content=content, headers={"Content-Type": "application/yaml"})
    assert (answer.status_code, answer.json().get("data")) == (code, data), answer.text
