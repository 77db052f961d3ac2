"""Bad input gets AWS's own envelope, and no value is ever repeated."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from simulator.ssm.parameters.requests import REQUESTS
from simulator.ssm.parameters.service import LARGEST_BODY
from tests.simulator.ssm.stores import KEY_ID, REGION, SECRET, Store, unique

CANARY = "canary-91ab-value"
JSON = "application/x-amz-json-1.1"


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=30) as client:
        yield client


def send(
    http: httpx.Client, store: Store, body: bytes, *, target: str = "AmazonSSM.PutParameter", kind: str = JSON
) -> httpx.Response:
    request = AWSRequest("POST", store.url + "/", headers={"Content-Type": kind}, data=body)
    if target:
        request.headers["X-Amz-Target"] = target
    SigV4Auth(Credentials(KEY_ID, SECRET), "ssm", REGION).add_auth(request)
    return http.post(store.url + "/", content=body, headers=dict(request.headers.items()))


def envelope(response: httpx.Response) -> tuple[int, str, str]:
    assert response.headers["content-type"] == JSON
    assert response.headers["x-amzn-requestid"]
    document = response.json()
    assert document.keys() <= {"__type", "message"}
    return response.status_code, document["__type"], document.get("message", "")


_FAILED = "failed to satisfy constraint:"


def _null(member: str) -> str:
    return f"Value null at '{member}' {_FAILED} Member must not be null"


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"{", "SerializationException", ""),
        (b"\xff\xfe", "SerializationException", ""),
        (b"[]", "SerializationException", "Start of list found where not expected"),
        (b'"x"', "SerializationException", "STRING_VALUE cannot be converted to Structure"),
        (b'{"Name": 1}', "SerializationException", "NUMBER_VALUE cannot be converted to String"),
        (b'{"Name": {}}', "SerializationException", "Start of structure or map found where not expected."),
        (b'{"Name":"a","Value":"v","Overwrite":"yes"}', "SerializationException",
         "STRING_VALUE cannot be converted to Boolean"),
        (b'{"Name":"a","Value":"v","Tags":[1]}', "SerializationException",
         "NUMBER_VALUE cannot be converted to Structure"),
        (b'{"Name":"\\ud800","Value":"v"}', "SerializationException", ""),
        (b"", "ValidationException", f"2 validation errors detected: {_null('name')}; {_null('value')}"),
        (b'{"Name":"","Value":"v","Tier":"Gold"}', "ValidationException",
         (f"2 validation errors detected: Value '' at 'name' {_FAILED} Member must have length greater than "
          f"or equal to 1; Value 'Gold' at 'tier' {_FAILED} Member must satisfy enum value set: [Standard, "
          "Advanced, Intelligent-Tiering]")),
        (b'{"Name":"a","Value":"v","Tags":[{"Key":"k"}]}', "ValidationException",
         f"1 validation error detected: {_null('tags.1.member.value')}"),
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_refused_in_the_frameworks_words(
    http: httpx.Client, store: Store, body: bytes, code: str, said: str
) -> None:
    assert envelope(send(http, store, body)) == (400, code, said)


def test_members_aws_does_not_know_are_ignored(http: httpx.Client, store: Store) -> None:
    body = f'{{"Name":"{unique()}","Value":"v","Type":"String","Colour":"red"}}'.encode()
    assert send(http, store, body).json() == {"Version": 1, "Tier": "Standard"}


@pytest.mark.parametrize(
    ("target", "kind", "status"),
    [
        ("AmazonSSM.SendCommand", JSON, 400),
        ("AmazonSSM.", JSON, 400),
        ("DynamoDB_20120810.PutItem", JSON, 400),
        ("", JSON, 400),
        ("AmazonSSM.PutParameter", "text/plain", 404),
        ("AmazonSSM.PutParameter", "application/json", 404),
    ],
)
def test_what_is_no_operation_is_unknown(
    http: httpx.Client, store: Store, target: str, kind: str, status: int
) -> None:
    response = send(http, store, b"{}", target=target, kind=kind)
    assert envelope(response) == (status, "UnknownOperationException", "")


def test_a_body_of_an_absurd_size_is_refused_unread(http: httpx.Client, store: Store) -> None:
    body = b'{"Name":"a","Value":"' + b"x" * LARGEST_BODY + b'"}'
    assert envelope(send(http, store, body))[:2] == (413, "RequestEntityTooLargeException")

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    try:
        response = http.post(store.url, content=endless())
    except (httpx.WriteError, httpx.RemoteProtocolError):
        return
    assert envelope(response)[:2] == (413, "RequestEntityTooLargeException")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "MissingAuthenticationTokenException"),
        ("Bearer x", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0", "IncompleteSignatureException"),
        ("AWS4-HMAC-SHA256 Credential=a/20260101/b/ssm/aws4_request, SignedHeaders=host, Signature=0",
         "IncompleteSignatureException"),
    ],
)  # fmt: skip
def test_a_call_without_a_whole_signature_is_told_so(
    http: httpx.Client, store: Store, authorization: str, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    assert envelope(http.post(store.url, headers=headers))[:2] == (400, code)


def test_an_old_signature_and_another_body_are_no_signature(http: httpx.Client, store: Store) -> None:
    headers = {"Content-Type": JSON, "X-Amz-Target": "AmazonSSM.DescribeParameters"}
    request = AWSRequest("POST", store.url + "/", headers=headers, data=b"{}")
    SigV4Auth(Credentials(KEY_ID, SECRET), "ssm", REGION).add_auth(request)
    signed = dict(request.headers.items())
    assert http.post(store.url, content=b"{}", headers=signed).status_code == 200
    assert (
        envelope(http.post(store.url, content=b'{"a":1}', headers=signed))[1] == "InvalidSignatureException"
    )
    signed["X-Amz-Date"] = datetime(2020, 1, 1, tzinfo=UTC).strftime("%Y%m%dT%H%M%SZ")
    assert envelope(http.post(store.url, content=b"{}", headers=signed))[1] == "InvalidSignatureException"


ANY: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.data(), st.sampled_from(sorted(REQUESTS)))
def test_no_request_of_whatever_members_makes_it_fail(
    http: httpx.Client, store: Store, data: st.DataObject, action: str
) -> None:
    members = {
        name: data.draw(ANY) for name in data.draw(st.sets(st.sampled_from(sorted(REQUESTS[action].members))))
    }
    try:
        body = httpx.Request("POST", store.url, json=members).content
    except UnicodeEncodeError:
        return
    response = send(http, store, body, target=f"AmazonSSM.{action}")
    assert response.status_code in {200, 400}
    if response.status_code == 400:
        envelope(response)


def test_a_value_is_repeated_in_no_refusal_and_no_log(
    http: httpx.Client, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for wrong in ('"Type":"X"', '"Tier":1', '"Name":"a b"', '"AllowedPattern":"x"', '"KeyId":"*"'):
        body = f'{{"Name":"{unique()}","Type":"String","Value":"{CANARY}",{wrong}}}'.encode()
        response = send(http, store, body)
        assert response.status_code == 400
        assert CANARY not in response.text
    large = f'{{"Name":"{unique()}","Type":"String","Value":"{CANARY * 1000}"}}'.encode()
    assert CANARY not in send(http, store, large).text
    assert CANARY not in caplog.text
