"""Every status, in both envelopes and none, becomes the error that says what may be done next."""

import httpx
import pytest

from portal.adapters.neon.failures import retry_after
from portal.errors import (
    AccessDenied,
    Conflict,
    Locked,
    NotFound,
    Precondition,
    Protocol,
    RemoteError,
    Throttled,
    Unreachable,
)
from tests.adapters.neon.answers import always, neon

HTML = b"<html><h1>524 A timeout occurred</h1></html>"
PLAIN = b'{"request_id":"r","code":"","message":"said so"}'
WRAPPED = b'{"error":{"code":"SOME_CODE","message":"said so"}}'

CASES = [
    (400, PLAIN, Precondition),
    (400, HTML, Protocol),
    (401, PLAIN, AccessDenied),
    (401, HTML, AccessDenied),
    (403, PLAIN, AccessDenied),
    (404, PLAIN, NotFound),
    (404, b"", NotFound),
    (406, PLAIN, Precondition),
    (408, b"", Unreachable),
    (409, WRAPPED, Conflict),
    (412, PLAIN, Precondition),
    (418, HTML, Protocol),
    (422, WRAPPED, Precondition),
    (423, PLAIN, Locked),
    (423, HTML, Locked),
    (429, PLAIN, Throttled),
    (500, PLAIN, Unreachable),
    (502, HTML, Unreachable),
    (503, PLAIN, Throttled),
    (503, HTML, Unreachable),
    (504, b"", Unreachable),
    (524, HTML, Unreachable),
    (301, b"", Protocol),
    (302, HTML, Protocol),
]


@pytest.mark.parametrize(("status", "body", "kind"), CASES, ids=[f"{s} {b[:6]!r}" for s, b, _ in CASES])
async def test_a_status_becomes_its_error(status: int, body: bytes, kind: type[RemoteError]) -> None:
    async with neon(always(lambda: httpx.Response(status, content=body))) as api:
        with pytest.raises(RemoteError) as caught:
            await api.create_role("p", "b", "app")
    error = caught.value
    assert type(error) is kind
    assert (error.system, error.operation, error.target) == ("neon", "createProjectBranchRole", "app")
    assert f"HTTP {status}" in error.cause
    assert ("said so" in error.cause) == (body in {PLAIN, WRAPPED})
    assert "<html>" not in str(error)


async def test_the_code_is_shown_where_there_is_one() -> None:
    async with neon(always(lambda: httpx.Response(422, content=WRAPPED))) as api:
        with pytest.raises(Precondition, match="SOME_CODE: said so"):
            await api.whoami()


DATE = {"date": "Wed, 21 Oct 2026 07:28:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT", **DATE}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 -0000", **DATE}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:27:00 GMT", **DATE}, 0.0),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "1.5"}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize("status", [423, 429, 503])
async def test_the_wait_travels_with_the_error(status: int) -> None:
    async with neon(
        always(lambda: httpx.Response(status, content=PLAIN, headers={"retry-after": "7"}))
    ) as api:
        with pytest.raises(RemoteError) as caught:
            await api.whoami()
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b'"x"', b'{"role":{}}', b'{"role":[]}', b'{"role":{"name":1}}']
)
async def test_a_success_without_the_promised_content_is_wrong_for_a_read_and_in_doubt_for_a_write(
    body: bytes,
) -> None:
    async with neon(always(lambda: httpx.Response(200, content=body))) as api:
        with pytest.raises(Protocol):
            await api.roles("p", "b")
        with pytest.raises(Unreachable, match="may have been applied"):
            await api.create_role("p", "b", "app")


def broken(error: Exception) -> httpx.Response:
    raise error


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError(""),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.ProxyError("no"),
        OSError("network is down"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_no_answer_is_unreachable_and_a_write_may_have_been_applied(error: Exception) -> None:
    async with neon(always(lambda: broken(error))) as api:
        with pytest.raises(Unreachable) as read:
            await api.whoami()
        with pytest.raises(Unreachable) as write:
            await api.create_role("p", "b", "app")
    assert "applied" not in read.value.cause
    assert "it may have been applied" in write.value.cause


async def test_a_damaged_encoding_is_no_crash() -> None:
    def handler(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"not gzip", headers={"content-encoding": "gzip"})

    async with neon(handler) as api:
        with pytest.raises(Protocol, match="encoding"):
            await api.whoami()
