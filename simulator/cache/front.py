"""What clients of a cache connect to: everything passes as it is, but INFO says what Dragonfly's would.

`dragonfly_version` is there, by which clients know the kind of server, and tells version 0.0.0, which
Dragonfly never had; the server's own name and version stay beside it.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from simulator.backends.serving import LOOPBACK, bind
from simulator.cache.frames import Frames, Malformed, Piece

FIELDS = ("dragonfly_version:df-v0.0.0", "thread_count:1")
_SERVER = b"# Server\r\n"
_BULK = re.compile(rb"([$=])(\d+)\r\n(.*)\r\n", re.DOTALL)
_UNANSWERED = frozenset({b"SUBSCRIBE", b"PSUBSCRIBE", b"SSUBSCRIBE", b"MONITOR", b"SYNC", b"PSYNC"})
"""After one of these, or CLIENT REPLY, replies no longer follow commands one by one, and pass unread."""
_PUSH = b">"
_CHUNK = 65536
_Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def listening(server: int) -> AsyncGenerator[int]:
    """Accept clients for the server on a loopback port until the context ends; yields the port."""
    sessions: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = asyncio.get_running_loop().create_task(_serve(server, reader, writer), name="cache session")
        sessions.add(session)
        session.add_done_callback(sessions.discard)

    front = await asyncio.start_server(accept, sock=bind())
    try:
        yield int(front.sockets[0].getsockname()[1])
    finally:
        front.close()
        for session in sessions:
            session.cancel()
        if sessions:
            await asyncio.wait(sessions)


def as_dragonfly(reply: bytes) -> bytes:
    """An answer to INFO with Dragonfly's fields; any other reply, and other sections, as they are."""
    found = _BULK.fullmatch(reply)
    if found is None or _SERVER not in found[3]:
        return reply
    lines = "".join(f"{field}\r\n" for field in FIELDS).encode()
    text = found[3].replace(_SERVER, _SERVER + lines, 1)
    return found[1] + b"%d\r\n" % len(text) + text + b"\r\n"


async def _serve(server: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        from_server, to_server = await asyncio.open_connection(LOOPBACK, server)
        try:
            await _relay((reader, writer), (from_server, to_server))
        finally:
            to_server.close()
    except OSError:
        return
    finally:
        writer.close()


async def _relay(client: _Ends, server: _Ends) -> None:
    """Until either side closes."""
    session = _Session()
    directions = {
        asyncio.ensure_future(_pump(client[0], server[1], session.commands)),
        asyncio.ensure_future(_pump(server[0], client[1], session.replies)),
    }
    try:
        await asyncio.wait(directions, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for direction in directions:
            direction.cancel()
        await asyncio.wait(directions)


async def _pump(
    source: asyncio.StreamReader, sink: asyncio.StreamWriter, passing: Callable[[bytes], bytes]
) -> None:
    try:
        while data := await source.read(_CHUNK):
            sink.write(passing(data))
            await sink.drain()
    except (OSError, Malformed):
        return


class _Session:
    """Knows of each reply to come whether it answers INFO."""

    def __init__(self) -> None:
        self._asked: deque[bool] = deque()
        self._sent, self._got = Frames(), Frames()
        self._kept = b""
        self._unread = False

    def commands(self, data: bytes) -> bytes:
        """What the server gets, which is what the client sent."""
        try:
            for piece in self._sent.feed(b"" if self._unread else data):
                name, second = piece.command
                if piece.whole and name:
                    self._asked.append(name == b"INFO")
                    silent = name in _UNANSWERED or (name, second) == (b"CLIENT", b"REPLY")
                    self._unread = self._unread or silent
        except Malformed:
            self._unread = True
        return data

    def replies(self, data: bytes) -> bytes:
        """What the client gets of what the server said; raises Malformed."""
        if self._unread:
            kept, self._kept = self._kept, b""
            return kept + data
        return b"".join(self._told(piece) for piece in self._got.feed(data))

    def _told(self, piece: Piece) -> bytes:
        push = piece.head.startswith(_PUSH)
        asked = bool(self._asked) and self._asked[0] and not push
        if piece.whole and not push and self._asked:
            self._asked.popleft()
        if not asked:
            return piece.data
        self._kept += piece.data
        if not piece.whole:
            return b""
        reply, self._kept = self._kept, b""
        return as_dragonfly(reply)
