"""Bodies in and answers out, over ASGI: what a client may send, and how long it may take to read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final

from simulator.kube.status import too_large
from simulator.kube.verbs.call import Reply, Stream

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_BYTES: Final = 3 * 1024 * 1024
"""More than this is no request for the real server either."""
PIECE_BYTES: Final = 256 * 1024
"""What is handed to the wire at once, so that a slow client holds no more than that."""


class Gone(Exception):
    """The client has left in the middle of its request; nothing of it is carried out."""


async def body_of(receive: Receive) -> bytes:
    """The whole body; raises 413 for one that is too large, and when the client leaves before its end."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > BODY_BYTES:
            raise too_large(f"limit is {BODY_BYTES}")
        if not message.get("more_body"):
            return b"".join(chunks)


def _start(status: int, media_type: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    if media_type:
        headers = [(b"content-type", media_type.encode()), *headers]
    return {"type": "http.response.start", "status": int(status), "headers": headers}


async def reply(send: Send, answer: Reply) -> None:
    headers = [(key.lower().encode(), value.encode()) for key, value in answer.headers]
    if answer.status != HTTPStatus.NO_CONTENT:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    await send(_start(answer.status, answer.media_type, headers))
    body = answer.body
    if len(body) > PIECE_BYTES:
        view = memoryview(body)
        for at in range(0, len(body), PIECE_BYTES):
            piece = bytes(view[at : at + PIECE_BYTES])
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        body = b""
    await send({"type": "http.response.body", "body": body})


async def stream(receive: Receive, send: Send, answer: Stream, abort: Mapping[str, Any] | None) -> None:
    """Send pieces until there are no more, or the client has left, or does not read them."""
    await send(_start(answer.status, answer.media_type, []))
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    pump = asyncio.ensure_future(_pump(send, answer, abort))
    gone = asyncio.ensure_future(_disconnected(receive))
    try:
        await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (pump, gone):
            task.cancel()
        results = await asyncio.gather(pump, gone, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _pump(send: Send, answer: Stream, abort: Mapping[str, Any] | None) -> None:
    try:
        async for chunk in answer.chunks:
            async with asyncio.timeout(answer.patience):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    except TimeoutError:
        if abort is not None:
            abort["call"]()
    finally:
        await answer.chunks.aclose()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
