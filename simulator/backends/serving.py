"""Serve an ASGI application on a free loopback port for as long as a context lasts."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 1
ABORT = "connection.abort"
"""The ASGI extension whose `call` drops the connection of a request without another byte."""
PEER = "connection.peer"
"""The ASGI extension that holds the verified certificate of the client, as `ssl` decodes it."""


@dataclass(frozen=True, slots=True)
class Listener:
    """A server that accepts requests; `url` has no trailing slash."""

    url: str
    port: int


def bind(port: int = 0, host: str = LOOPBACK) -> socket.socket:
    """A listening-ready socket; port 0 takes any free one. Raises OSError when it is taken."""
    # Only on a socket that names its protocol does asyncio send every piece at once (TCP_NODELAY).
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


@asynccontextmanager
async def serve(
    app: Any,
    *,
    cert: Path | None = None,
    key: Path | None = None,
    clients: Path | None = None,
    port: int = 0,
) -> AsyncIterator[Listener]:
    """Accept requests for `app` (ASGI 3) until the context ends; TLS when cert and key are given.

    Clients may show a certificate signed by an authority in the file `clients`; port 0 takes any free one.
    Open streams (watches) are cut when the context ends.
    """
    config = uvicorn.Config(
        app,
        http=_Protocol,
        ssl_certfile=str(cert) if cert else None,
        ssl_keyfile=str(key) if key else None,
        ssl_ca_certs=str(clients) if clients else None,
        ssl_cert_reqs=ssl.CERT_OPTIONAL if clients else ssl.CERT_NONE,
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=120,
    )
    server = _Server(config)
    sock = bind(port)
    task = asyncio.create_task(server.serve(sockets=[sock]), name="uvicorn")
    try:
        await _accepting(server, task)
        bound = int(sock.getsockname()[1])
        yield Listener(url=f"{'https' if cert else 'http'}://{LOOPBACK}:{bound}", port=bound)
    finally:
        server.should_exit = True
        await asyncio.wait([task], timeout=STOP_SECONDS + 2)
        task.cancel()
        server.abort()
        await asyncio.sleep(0)
        sock.close()


async def _accepting(server: "_Server", task: "asyncio.Task[None]") -> None:
    ready = asyncio.create_task(server.accepting.wait())
    await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED, timeout=10)
    if not ready.done():
        ready.cancel()
        raise RuntimeError("the HTTP server did not start")


class _Protocol(HttpToolsProtocol):
    """HTTP/1.1 that lets an application drop the connection and tells it the client's certificate."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        peer = self.transport.get_extra_info("peercert")
        self.scope["extensions"] = {
            ABORT: {"call": self.transport.abort},
            **({PEER: peer} if peer else {}),
        }


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers, which belong to the world process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.accepting = asyncio.Event()

    def abort(self) -> None:
        """Drop the connections of clients that do not read what is still to be sent to them."""
        for connection in list(self.server_state.connections):
            if transport := getattr(connection, "transport", None):
                transport.abort()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.accepting.set()

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        await self._serve(sockets)
