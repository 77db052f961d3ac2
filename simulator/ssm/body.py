"""Bodies of requests, read whole up to a limit."""

from starlette.types import Receive, Scope


class TooLarge(Exception):
    """It is larger than the service takes."""


class Gone(Exception):
    """The caller went away before its request was complete."""


async def body_of(scope: Scope, receive: Receive, limit: int) -> bytes:
    """The body; raises TooLarge, without reading on, or Gone."""
    announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    if announced.isdigit() and int(announced) > limit:
        raise TooLarge
    pieces: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        piece = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise TooLarge
        more = message.get("more_body", False)
    return b"".join(pieces)
