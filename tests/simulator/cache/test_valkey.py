"""The cache server found on this machine runs, asks for its password, and shows it to nobody."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from simulator.backends.process import Child, start
from simulator.backends.serving import bind
from simulator.cache.valkey import arguments, configuration
from tests.simulator.waiting import DEADLINE

PASSWORD = 'cana"ry\\pass word'


@asynccontextmanager
async def _server(directory: Path) -> AsyncIterator[tuple[Child, int]]:
    with bind() as free:
        port = int(free.getsockname()[1])
    child = await start(
        arguments(port, directory),
        env={},
        cwd=directory,
        log=directory / "valkey.log",
        stdin=configuration(PASSWORD),
    )
    try:
        yield child, port
    finally:
        await child.stop()


async def _ask(port: int, *commands: list[str]) -> list[bytes]:
    """The answers of one connection, made as soon as the server accepts."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                break
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
        answers = []
        for command in commands:
            parts = "".join(f"${len(part.encode())}\r\n{part}\r\n" for part in command)
            writer.write(f"*{len(command)}\r\n{parts}".encode())
            answers.append(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answers


async def test_it_serves_only_those_who_present_the_password(tmp_path: Path) -> None:
    async with _server(tmp_path) as (_, port):
        refused, wrong, accepted, pong = await _ask(
            port, ["PING"], ["AUTH", "another"], ["AUTH", PASSWORD], ["PING"]
        )
    assert refused.startswith(b"-NOAUTH")
    assert wrong.startswith(b"-WRONGPASS")
    assert accepted == b"+OK\r\n"
    assert pong == b"+PONG\r\n"


async def test_the_password_is_in_no_argument_no_file_and_no_log(tmp_path: Path) -> None:
    async with _server(tmp_path) as (child, port):
        await _ask(port, ["AUTH", PASSWORD])
        process = await asyncio.create_subprocess_exec(
            "ps", "-ww", "-p", str(child.pid), "-o", "args=", stdout=subprocess.PIPE
        )
        shown, _ = await process.communicate()
    assert b"valkey-server" in shown
    assert b"cana" not in shown
    assert all(b"cana" not in file.read_bytes() for file in tmp_path.iterdir())


async def test_it_leaves_no_data_behind(tmp_path: Path) -> None:
    async with _server(tmp_path) as (_, port):
        await _ask(port, ["AUTH", PASSWORD], ["SET", "key", "value"])
    assert [file.name for file in tmp_path.iterdir()] == ["valkey.log"]
