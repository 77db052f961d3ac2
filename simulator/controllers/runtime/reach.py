"""Ask a process on loopback whether it accepts connections, or for the status of one HTTP request.

Plain sockets, closed however the question ends: a probe is cancelled whenever its container ends.
"""

import asyncio
import socket
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

HOST = "127.0.0.1"
LONGEST_STATUS_LINE = 4096
RELAY_SECONDS = 0.1


class NotHttp(Exception):
    """What answered does not speak HTTP."""


async def accepts(port: int) -> bool:
    """Connect and hang up."""
    try:
        async with _connected(port):
            return True
    except OSError:
        return False


async def listens(port: int) -> bool:
    """Connect, and see whether the other side hangs up at once.

    A relay does that which accepts before anybody listens behind it.
    """
    try:
        async with _connected(port) as sock, asyncio.timeout(RELAY_SECONDS):
            return await asyncio.get_running_loop().sock_recv(sock, 1) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


async def http_status(port: int, path: str, headers: Mapping[str, str]) -> int:
    """The status of a GET; raises OSError or NotHttp."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}:{port}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    loop = asyncio.get_running_loop()
    async with _connected(port) as sock:
        await loop.sock_sendall(sock, "\r\n".join([*lines, "", ""]).encode())
        answer = b""
        while b"\r\n" not in answer and len(answer) < LONGEST_STATUS_LINE:
            chunk = await loop.sock_recv(sock, LONGEST_STATUS_LINE)
            if not chunk:
                break
            answer += chunk
    words = answer.split(b"\r\n")[0].split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():  # noqa: PLR2004 - version, status
        raise NotHttp("malformed HTTP response")
    return int(words[1])


@asynccontextmanager
async def _connected(port: int) -> AsyncGenerator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (HOST, port))
        yield sock
