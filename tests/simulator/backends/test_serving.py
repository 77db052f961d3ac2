"""Applications are served on loopback, with and without TLS, and stop with their context."""

import asyncio
import contextlib
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from simulator.backends.certificates import Authority
from simulator.backends.serving import ABORT, serve


async def _hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


_APP = Starlette(routes=[Route("/", _hello)])


async def test_a_plain_application_answers_on_loopback_and_is_gone_afterwards() -> None:
    async with serve(_APP) as listener, httpx.AsyncClient() as client:
        assert listener.url == f"http://127.0.0.1:{listener.port}"
        assert (await client.get(listener.url)).text == "hello"
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(listener.url)


async def test_an_answer_in_pieces_is_not_held_back_until_the_client_acknowledged_the_first() -> None:
    nodelay: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["extensions"][ABORT]["call"].__self__.get_extra_info("socket")
        nodelay.append(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await _APP(scope, receive, send)

    async with serve(app) as listener, httpx.AsyncClient() as client:
        await client.get(listener.url)
    assert nodelay != [0]


async def test_a_client_that_does_not_read_is_left_when_the_server_ends() -> None:
    written = asyncio.Event()

    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(1 << 26)})
        written.set()

    async with serve(large) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port, limit=1)
        writer.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        await written.wait()
    received = 0
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(1 << 20):
            received += len(piece)
    assert received < 1 << 26
    writer.close()


async def test_tls_is_trusted_through_the_authority_of_the_run(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    leaf = authority.issue("server", "127.0.0.1", "localhost")
    context = ssl.create_default_context(cafile=str(authority.ca_file))
    async with (
        serve(_APP, cert=leaf.cert, key=leaf.key) as listener,
        httpx.AsyncClient(verify=context) as client,
    ):
        assert (await client.get(listener.url)).text == "hello"
    assert leaf.key.stat().st_mode & 0o077 == 0
