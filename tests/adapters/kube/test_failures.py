"""What each bad answer becomes."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from portal.adapters.kube import KubeCluster
from portal.core.cluster import Resource
from portal.errors import (
    AccessDenied,
    Conflict,
    NotFound,
    NotLoggedIn,
    Precondition,
    Protocol,
    RemoteError,
    Throttled,
    Unreachable,
)
from portal.settings import KubeSettings
from tests.adapters.kube.conftest import Scope, Send, kubeconfig, replies

Scripted = Callable[..., Awaitable[KubeCluster]]
PODS = Resource("", "v1", "pods", "Pod")


def status(code: int, message: str, **details: object) -> bytes:
    return json.dumps({"kind": "Status", "code": code, "message": message, "details": details}).encode()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, Protocol),
        (401, NotLoggedIn),
        (403, AccessDenied),
        (404, NotFound),
        (409, Conflict),
        (422, Precondition),
        (429, Throttled),
        (500, Unreachable),
        (503, Unreachable),
        (418, Protocol),
    ],
)
async def test_each_status_becomes_its_own_error_with_the_servers_words(
    scripted: Scripted, code: int, kind: type[RemoteError]
) -> None:
    cluster = await scripted(replies(code, status(code, "pods is not what you think")))
    with pytest.raises(kind) as caught:
        await cluster.get(PODS, "a", namespace="default")
    assert type(caught.value) is kind
    assert "pods is not what you think" in caught.value.cause
    assert (caught.value.system, caught.value.operation) == ("kubernetes", "get")


@pytest.mark.parametrize(
    ("headers", "details"),
    [([(b"retry-after", b"7")], {}), ([], {"retryAfterSeconds": 7})],
    ids=["header", "body"],
)
async def test_a_throttled_call_says_how_long_to_wait(
    scripted: Scripted, headers: list[tuple[bytes, bytes]], details: dict[str, int]
) -> None:
    cluster = await scripted(replies(429, status(429, "slow down", **details), *headers))
    with pytest.raises(Throttled) as caught:
        await cluster.version()
    assert caught.value.retry_after == 7.0


@pytest.mark.parametrize(
    "body", [b"<html>sign in</html>", b"", b"[]", b'{"items": ['], ids=["html", "empty", "list", "torn"]
)
async def test_an_answer_that_is_not_an_object_is_a_protocol_error(scripted: Scripted, body: bytes) -> None:
    cluster = await scripted(replies(200, body))
    with pytest.raises(Protocol):
        await cluster.list(PODS)


async def test_a_secret_in_a_refusal_is_masked_and_the_text_is_bounded(scripted: Scripted) -> None:
    told = "cannot dial postgres://svc:hunter2@db/x " + "x" * 5000
    cluster = await scripted(replies(500, status(500, told)))
    with pytest.raises(Unreachable) as caught:
        await cluster.version()
    assert "hunter2" not in str(caught.value)
    assert len(caught.value.cause) <= 400


async def test_a_server_that_accepts_and_says_nothing_is_unreachable_in_time(scripted: Scripted) -> None:
    release = asyncio.Event()

    async def silent(_scope: Scope, _send: Send) -> None:
        await release.wait()

    cluster = await scripted(silent, 0.2)
    with pytest.raises(Unreachable, match="no answer in time"):
        await cluster.version()
    release.set()


async def test_a_connection_nobody_listens_to_is_unreachable(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path / "closed", "http://127.0.0.1:1", None, {"token": "t"})
    async with KubeCluster(KubeSettings(kubeconfig=path)) as cluster:
        with pytest.raises(Unreachable):
            await cluster.version()


async def test_a_watch_that_breaks_in_the_middle_of_an_event_is_unreachable(scripted: Scripted) -> None:
    whole = {"type": "ADDED", "object": {"metadata": {"name": "a"}}}
    cluster = await scripted(replies(200, json.dumps(whole).encode() + b'\n{"type": "ADD'))
    async with cluster.watch(PODS, resource_version="1") as events:
        assert (await anext(events)).object["metadata"]["name"] == "a"
        with pytest.raises(Unreachable, match="middle of an event"):
            await anext(events)


@pytest.mark.parametrize(
    ("code", "kind"),
    [(410, Conflict), (500, Unreachable), (400, Protocol)],
    ids=["expired", "failing", "refused"],
)
async def test_an_error_event_of_a_watch_is_raised_by_its_code(
    scripted: Scripted, code: int, kind: type[RemoteError]
) -> None:
    event = {"type": "ERROR", "object": json.loads(status(code, "too old resource version"))}
    cluster = await scripted(replies(200, json.dumps(event).encode() + b"\n"))
    async with cluster.watch(PODS, resource_version="1") as events:
        with pytest.raises(kind) as caught:
            await anext(events)
    assert caught.value.operation == "watch"


async def test_a_page_token_that_expires_midway_leads_to_one_whole_list(scripted: Scripted) -> None:
    asked: list[str] = []

    async def answer(scope: Scope, send: Send) -> None:
        query = scope["query_string"].decode()
        asked.append(query)
        if "continue" in query:
            await replies(410, status(410, "the continue token has expired"))(scope, send)
        elif "limit" in query:
            page = {"items": [{"metadata": {"name": "a"}}], "metadata": {"continue": "next"}}
            await replies(200, json.dumps(page).encode())(scope, send)
        else:
            items = [{"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}]
            whole = {"items": items, "metadata": {"resourceVersion": "9"}}
            await replies(200, json.dumps(whole).encode())(scope, send)

    cluster = await scripted(answer)
    listing = await cluster.list(PODS)
    assert [item["metadata"]["name"] for item in listing.items] == ["a", "b"]
    assert listing.resource_version == "9"
    assert len(asked) == 3


async def test_pages_are_followed_to_the_last_even_when_one_is_empty(scripted: Scripted) -> None:
    pages = {"": (["a"], "2"), "2": ([], "3"), "3": (["b"], "")}

    async def answer(scope: Scope, send: Send) -> None:
        token = scope["query_string"].decode().partition("continue=")[2]
        names, following = pages[token]
        items = [{"metadata": {"name": name}} for name in names]
        page = {"items": items, "metadata": {"continue": following, "resourceVersion": "5"}}
        await replies(200, json.dumps(page).encode())(scope, send)

    cluster = await scripted(answer)
    listing = await cluster.list(PODS)
    assert [item["metadata"]["name"] for item in listing.items] == ["a", "b"]


async def test_metadata_alone_is_refused_when_the_server_would_send_whole_objects(scripted: Scripted) -> None:
    whole = {"kind": "SecretList", "items": [], "metadata": {"resourceVersion": "1"}}
    cluster = await scripted(replies(200, json.dumps(whole).encode()))
    with pytest.raises(Protocol, match="metadata alone"):
        await cluster.list(Resource("", "v1", "secrets", "Secret"), metadata_only=True)
