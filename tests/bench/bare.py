"""A server that does nothing: what the wire alone takes, to put figures of a real one beside.

    python -m tests.bench.bare DIRECTORY

POST keeps its body and answers it, GET /list?N answers as many bytes as N says, GET /watch streams what is
posted. Prints its port, and ends with its standard input.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import uvloop

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve

_watchers: set["asyncio.Queue[bytes | None]"] = set()


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/watch":
        await _watch(send)
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    if scope["path"] == "/list":
        body = b" " * int(scope["query_string"])
    for watcher in _watchers:
        watcher.put_nowait(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _watch(send: Any) -> None:
    own: asyncio.Queue[bytes | None] = asyncio.Queue()
    _watchers.add(own)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": True})
    while (piece := await own.get()) is not None:
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def main(directory: Path) -> None:
    authority = Authority(directory)
    made = authority.issue("bare", "127.0.0.1")
    async with serve(app, cert=made.cert, key=made.key) as listener:
        sys.stdout.write(f"{listener.port}\n")
        sys.stdout.flush()
        end = asyncio.Event()

        def _read() -> None:
            if not os.read(0, 1024):
                end.set()

        asyncio.get_running_loop().add_reader(0, _read)
        await end.wait()
        for watcher in _watchers:
            watcher.put_nowait(None)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1])))
