"""Through the front a client meets its server whole, and what INFO of Dragonfly would tell."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from simulator.backends.process import start
from simulator.backends.serving import bind
from simulator.cache import front
from simulator.cache.valkey import arguments, configuration
from tests.simulator.waiting import DEADLINE

MEMORY = 3 << 20


class Client:
    """A session that sends commands as they are given and reads replies as they come."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, *commands: tuple[str, ...]) -> None:
        for command in commands:
            parts = "".join(f"${len(part.encode())}\r\n{part}\r\n" for part in command)
            self._writer.write(f"*{len(command)}\r\n{parts}".encode())

    async def reply(self) -> bytes:
        """The next line, or bulk string."""
        async with asyncio.timeout(DEADLINE):
            line = await self._reader.readline()
            if line[:1] in {b"$", b"="} and line[1:2] != b"-":
                return (await self._reader.readexactly(int(line[1:]) + 2))[:-2]
            return line.strip()

    async def ask(self, *command: str) -> bytes:
        self.send(command)
        return await self.reply()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def _cache(directory: Path) -> AsyncIterator[int]:
    with bind() as free:
        port = int(free.getsockname()[1])
    child = await start(
        arguments(port, directory),
        env={},
        cwd=directory,
        log=directory / "valkey.log",
        stdin=configuration("pass", MEMORY),
    )
    try:
        async with front.listening(port) as fronted:
            yield fronted
    finally:
        await child.stop()


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[int]:
    async with _cache(tmp_path) as port:
        yield port


@asynccontextmanager
async def _client(port: int) -> AsyncIterator[Client]:
    async with asyncio.timeout(DEADLINE):
        while True:
            client = Client(*await asyncio.open_connection("127.0.0.1", port))
            if await client.ask("AUTH", "pass") == b"+OK":
                break
            await client.close()
            await asyncio.sleep(0.02)
    try:
        yield client
    finally:
        await client.close()


async def test_info_tells_what_kind_of_server_it_stands_for_and_what_it_is(port: int) -> None:
    async with _client(port) as client:
        client.send(("SET", "k", "v"), ("INFO",), ("INFO", "memory"), ("GET", "k"))
        _, info, memory, value = [await client.reply() for _ in range(4)]
    lines = info.decode().split("\r\n")
    assert lines[:2] == ["# Server", "dragonfly_version:df-v0.0.0"]
    assert "server_name:valkey" in lines
    assert b"dragonfly" not in memory
    assert f"maxmemory:{MEMORY}".encode() in memory
    assert value == b"v"


async def test_a_full_cache_refuses_to_write(port: int) -> None:
    async with _client(port) as client:
        answers = [await client.ask("SET", f"k{number}", "x" * 300_000) for number in range(12)]
        assert await client.ask("GET", "k0") == b"x" * 300_000
    assert answers[0] == b"+OK"
    assert answers[-1].startswith(b"-OOM")


async def test_what_a_client_keeps_to_itself_passes_untouched(port: int) -> None:
    """A value that looks like an answer to INFO, a transaction, the other protocol, and messages."""
    text = "# Server\r\nredis_version:1\r\n"
    async with _client(port) as client:
        assert await client.ask("SET", "k", text) == b"+OK"
        assert await client.ask("GET", "k") == text.encode()
        client.send(("MULTI",), ("INFO",), ("DISCARD",), ("PING",))
        assert [await client.reply() for _ in range(4)] == [b"+OK", b"+QUEUED", b"+OK", b"+PONG"]
        assert await client.ask("CLIENT", "SETINFO", "lib-name", "test") == b"+OK"
        assert b"dragonfly_version" in await client.ask("INFO", "server")
    async with _client(port) as listener, _client(port) as speaker:
        listener.send(("SUBSCRIBE", "news"))
        assert [await listener.reply() for _ in range(4)] == [b"*3", b"subscribe", b"news", b":1"]
        assert await speaker.ask("PUBLISH", "news", text) == b":1"
        assert [await listener.reply() for _ in range(4)] == [b"*3", b"message", b"news", text.encode()]


async def test_without_its_server_a_client_is_let_go() -> None:
    with bind() as free:
        nobody = int(free.getsockname()[1])
    async with front.listening(nobody) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(DEADLINE):
            assert await reader.read() == b""
        writer.close()
