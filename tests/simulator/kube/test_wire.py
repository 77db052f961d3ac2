"""Clients that send too much, leave in the middle, or do not read what they asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterator, MutableMapping
from typing import Any

import orjson

from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.api.wire import BODY_BYTES, stream
from simulator.kube.server import KubeServer
from simulator.kube.verbs.call import Stream
from tests.simulator.kube.conftest import Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
Message = MutableMapping[str, Any]


async def test_a_body_above_the_limit_is_refused_before_it_is_read(cluster: Cluster) -> None:
    body = b'{"data": "' + b"x" * BODY_BYTES + b'"}'
    answer = await cluster.http.post(MAPS, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (413, "RequestEntityTooLarge")
    assert answer.json()["message"] == "Request entity too large: limit is 3145728"


async def test_of_a_client_that_leaves_in_the_middle_of_its_body_nothing_is_carried_out() -> None:
    server = KubeServer(WallClock(), {"t": Identity("u", ("system:masters",))})
    body = orjson.dumps({"metadata": {"name": "half"}})
    coming: Iterator[Message] = iter(
        [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Message] = []

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer t"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": MAPS, "query_string": b"", "headers": headers}
    await server.app(scope, receive, send)
    assert sent == []
    assert server.store.collection("", "configmaps").get("default", "half") is None
    await server.close()


async def test_a_client_that_does_not_read_its_watch_is_cut_off() -> None:
    ended = asyncio.Event()
    aborted: list[bool] = []

    async def events() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"{}\n"
        finally:
            ended.set()

    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        if message.get("body"):
            await asyncio.Event().wait()

    answer = Stream(events(), patience=0.01)
    async with asyncio.timeout(20):
        await stream(receive, send, answer, {"call": lambda: aborted.append(True)})
    assert (ended.is_set(), aborted) == (True, [True])


async def test_what_is_listed_at_once_comes_in_pieces_and_whole(cluster: Cluster) -> None:
    for name in "abc":
        await cluster.create(MAPS, {"metadata": {"name": name}, "data": {"k": "x" * 200_000}})
    listed = await cluster.get(MAPS, labelSelector="!none")
    assert [len(item["data"]["k"]) for item in listed["items"] if item["metadata"]["name"] in "abc"] == [
        200_000
    ] * 3
