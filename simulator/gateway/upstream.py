"""An ASGI application that is a server elsewhere: requests and answers stream through, nothing is kept."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import httpx
from starlette.types import Receive, Scope, Send

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
        b"expect",
    }
)
_UNREACHABLE = b"the simulated system behind the gateway does not answer"


class HttpUpstream:
    """Forwards to a URL (scheme, host and port); the caller owns and closes the client."""

    def __init__(self, url: str | None, client: httpx.AsyncClient) -> None:
        self._client = client
        self.point(url)

    def point(self, url: str | None) -> None:
        """Forward to another place from now on; None: to none, as its port may be somebody else's now."""
        self._url = None if url is None else httpx.URL(url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._url is None:
            await _unreachable(send)
            return
        request = self._request(self._url, scope, receive)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.ConnectError:
            await _unreachable(send)
            return
        await relay(response, receive, send)

    def _request(self, url: httpx.URL, scope: Scope, receive: Receive) -> httpx.Request:
        target = scope["raw_path"] + (b"?" + scope["query_string"] if scope["query_string"] else b"")
        headers = [(name, value) for name, value in scope["headers"] if name not in _HOP_BY_HOP]
        names = {name for name, _ in scope["headers"]}
        has_body = bool(names & {b"content-length", b"transfer-encoding"})
        return self._client.build_request(
            scope["method"],
            url.copy_with(raw_path=target),
            headers=headers,
            content=_body(receive) if has_body else None,
        )


async def _unreachable(send: Send) -> None:
    head = {"type": "http.response.start", "status": 502, "headers": [(b"content-type", b"text/plain")]}
    await send(head)
    await send({"type": "http.response.body", "body": _UNREACHABLE})


async def relay(response: httpx.Response, receive: Receive, send: Send) -> None:
    """Stream an answer that was begun to the caller, as long as it is there, and close it."""
    try:
        await _until_gone(_pump(response, send), receive)
    finally:
        await response.aclose()


async def _body(receive: Receive) -> AsyncGenerator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        if chunk := message.get("body"):
            yield chunk


async def _pump(response: httpx.Response, send: Send) -> None:
    headers = [
        (name.lower(), value) for name, value in response.headers.raw if name.lower() not in _HOP_BY_HOP
    ]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    async for chunk in response.aiter_raw():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _until_gone(pump: Coroutine[Any, Any, None], receive: Receive) -> None:
    """Run `pump` to its end, or stop it as soon as the caller has gone."""
    pumping = asyncio.create_task(pump)
    gone = asyncio.create_task(disconnected(receive))
    try:
        await asyncio.wait({pumping, gone}, return_when=asyncio.FIRST_COMPLETED)
        if pumping.done():
            pumping.result()
    finally:
        pumping.cancel()
        gone.cancel()
        await asyncio.wait({pumping, gone})


async def disconnected(receive: Receive) -> None:
    """Return once the caller has closed its connection, or the answer was complete."""
    while (await receive())["type"] != "http.disconnect":
        pass
