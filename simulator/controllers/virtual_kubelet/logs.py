"""Container logs over HTTP, as the API server asks a node for them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

POLL_SECONDS = 0.1
CHUNK = 64 * 1024

Find = Callable[[str, str, str, bool], "tuple[Path, Callable[[], bool]] | None"]
"""The log file of a container (or of its previous run), and whether it may still grow."""


def application(find: Find) -> Starlette:
    """Serves `/containerLogs/{namespace}/{pod}/{container}`."""

    async def logs(request: Request) -> Response:
        names = request.path_params
        query = request.query_params
        previous = query.get("previous") == "true"
        found = find(names["namespace"], names["pod"], names["container"], previous)
        if found is None:
            what = "previous terminated container" if previous else "container"
            text = f'{what} "{names["container"]}" in pod "{names["pod"]}" not found'
            return PlainTextResponse(text, status_code=400)
        path, growing = found
        tail = query.get("tailLines", "")
        start = _start_of_tail(path, int(tail)) if tail.isdecimal() else 0
        follow = query.get("follow") == "true"
        limit = query.get("limitBytes", "")
        stream = _read(path, start, growing if follow else lambda: False)
        body = _limited(stream, int(limit)) if limit.isdecimal() else stream
        return StreamingResponse(body, media_type="text/plain")

    return Starlette(routes=[Route("/containerLogs/{namespace}/{pod}/{container}", logs)])


def _start_of_tail(path: Path, lines: int) -> int:
    """The offset at which the last `lines` lines begin."""
    starts: deque[int] = deque(maxlen=max(lines, 1))
    at = 0
    if not path.exists():
        return 0
    with path.open("rb") as log:
        for line in log:
            starts.append(at)
            at += len(line)
    return at if lines == 0 else (starts[0] if starts else 0)


async def _read(path: Path, start: int, growing: Callable[[], bool]) -> AsyncIterator[bytes]:
    """What the file holds from `start`, and what is added while `growing`."""
    at = start
    while True:
        more = growing()
        chunk = _chunk(path, at)
        at += len(chunk)
        if chunk:
            yield chunk
        elif more:
            await asyncio.sleep(POLL_SECONDS)
        else:
            return


def _chunk(path: Path, at: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as log:
        log.seek(at)
        return log.read(CHUNK)


async def _limited(stream: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    left = limit
    async for chunk in stream:
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0:
            return
