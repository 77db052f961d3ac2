"""A gateway on a real socket, in front of an application that remembers what reached it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.faults import Faults
from simulator.gateway.gateway import Gateway
from simulator.gateway.holding import Gate
from simulator.gateway.log import RequestLog
from simulator.gateway.service import Service
from tests.simulator.waiting import until

CANARY = "canary-7f3a-secret"


@dataclass
class Remembering:
    """Answers `{"ok": true}` with the canary in it; streams three lines, each when told, at `?watch=1`."""

    bodies: list[bytes] = field(default_factory=list)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    open_streams: int = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if b"watch=1" in scope["query_string"] or b"watch=true" in scope["query_string"]:
            await self._stream(receive, send)
        else:
            answer = orjson.dumps({"ok": True, "password": CANARY})
            await send({"type": "http.response.body", "body": answer})

    async def _stream(self, receive: Receive, send: Send) -> None:
        self.open_streams += 1
        gone = asyncio.ensure_future(receive())
        try:
            for number in range(3):
                await send({"type": "http.response.body", "body": b"line %d\n" % number, "more_body": True})
                going = asyncio.ensure_future(self.go_on.wait())
                await asyncio.wait({gone, going}, return_when=asyncio.FIRST_COMPLETED)
                going.cancel()
                if gone.done():
                    return
                self.go_on.clear()
            await send({"type": "http.response.body", "body": b""})
        finally:
            gone.cancel()
            self.open_streams -= 1


@dataclass
class Bench:
    """What a test needs: a client of the gateway, the rules, the log, and what stands behind."""

    client: httpx.AsyncClient
    faults: Faults
    behind: Remembering
    gateway: Gateway
    gate: Gate
    log: Path

    async def lines(self, count: int) -> list[dict[str, Any]]:
        """The first `count` lines of the log, once they are written."""
        await until(lambda: self.log.read_bytes().count(b"\n") >= count)
        return [orjson.loads(line) for line in self.log.read_bytes().splitlines()]


OpenBench = Callable[..., AbstractAsyncContextManager[Bench]]


@pytest.fixture
def bench(tmp_path: Path) -> OpenBench:
    @asynccontextmanager
    async def opened(
        service: Service, *, upstream: Callable[[Remembering], Awaitable[ASGIApp]] | None = None
    ) -> AsyncIterator[Bench]:
        behind, faults, path = Remembering(), Faults(seed=1), tmp_path / "gateway.jsonl"
        gate = Gate()
        app = await upstream(behind) if upstream else behind
        with RequestLog(path) as log:
            gateway = Gateway(service, app, log=log, faults=faults, clock=WallClock(speed=100), gate=gate)
            async with (
                serve(gateway) as listener,
                httpx.AsyncClient(base_url=listener.url, trust_env=False) as client,
            ):
                yield Bench(client, faults, behind, gateway, gate, path)

    return opened
