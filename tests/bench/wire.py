"""A client that costs little: HTTP/1.1 over TLS on plain asyncio streams, bodies as bytes."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path

HOST = "127.0.0.1"


class Connection:
    """One connection that is kept; a request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = f"Host: {HOST}\r\nAuthorization: Bearer {token}\r\n".encode()

    @classmethod
    async def open(cls, port: int, ca: Path, token: str) -> "Connection":
        trust = ssl.create_default_context(cafile=str(ca))
        reader, writer = await asyncio.open_connection(HOST, port, ssl=trust, limit=1 << 26)
        return cls(reader, writer, token)

    async def send(
        self, method: str, path: str, body: bytes = b"", kind: str = "application/json"
    ) -> tuple[int, bytes]:
        """Status and body of the answer."""
        status, length = await self._begin(method, path, body, kind)
        return status, await self._reader.readexactly(length)

    async def lines(self, path: str) -> AsyncIterator[bytes]:
        """The pieces of a stream, each as long as it was sent."""
        await self._begin("GET", path, b"", "")
        while True:
            size = int((await self._reader.readline()).strip() or b"0", 16)
            if not size:
                return
            yield await self._reader.readexactly(size)
            await self._reader.readexactly(2)

    async def _begin(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, int]:
        typed = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n".encode() if body else b""
        self._writer.write(
            b"%s %s HTTP/1.1\r\n%s%s\r\n%s" % (method.encode(), path.encode(), self._head, typed, body)
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        _, _, length = head.partition(b"content-length: ")
        return int(head[9:12]), int(length.partition(b"\r\n")[0] or 0)

    async def close(self) -> None:
        self._writer.close()


async def in_flight(
    connections: Iterable[Connection], work: Iterable[Callable[[Connection], Awaitable[object]]]
) -> None:
    """Every piece of work, each connection taking the next as soon as it is free."""
    waiting = iter(work)

    async def busy(connection: Connection) -> None:
        for each in waiting:
            await each(connection)

    async with asyncio.TaskGroup() as group:
        for connection in connections:
            group.create_task(busy(connection))
