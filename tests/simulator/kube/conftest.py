"""One API server per test, over TLS on a free loopback port."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer

TOKENS = {
    "admin-token": Identity("admin", ("system:masters",)),
    "viewer-token": Identity("viewer", ()),
}
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server, how to reach it, and a client that is admin."""

    server: KubeServer
    url: str
    ca: Path
    http: httpx.AsyncClient

    async def create(self, path: str, body: Body, **query: str) -> Body:
        response = await self.http.post(path, json=body, params=query)
        assert response.status_code == 201, response.text
        found: Body = response.json()
        return found

    async def get(self, path: str, **query: str) -> Body:
        response = await self.http.get(path, params=query)
        assert response.status_code == 200, response.text
        found: Body = response.json()
        return found

    async def gone(self, path: str) -> None:
        """Wait until the object at a path does not exist."""
        await self._watched(path, lambda found: found is None)

    async def until(self, path: str, holds: Callable[[Body], bool]) -> None:
        """Wait until something holds for the object at a path."""
        await self._watched(path, lambda found: found is not None and holds(found))

    async def _watched(self, path: str, holds: Callable[[Body | None], bool]) -> None:
        collection, _, name = path.rpartition("/")
        query = {"watch": "1", "fieldSelector": f"metadata.name={name}", "timeoutSeconds": "20"}
        async with asyncio.timeout(20), self.http.stream("GET", collection, params=query) as answer:
            answer_now = await self.http.get(path)
            if holds(answer_now.json() if answer_now.status_code == 200 else None):
                return
            async for line in answer.aiter_lines():
                event = orjson.loads(line)
                if holds(None if event["type"] == "DELETED" else event["object"]):
                    return
        raise AssertionError(f"{path} never got there")

    async def patch(self, path: str, body: Any, kind: str = "merge-patch", **query: str) -> httpx.Response:
        headers = {"Content-Type": f"application/{kind}+{'yaml' if kind == 'apply-patch' else 'json'}"}
        return await self.http.patch(path, json=body, headers=headers, params=query)


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[Cluster]:
    authority = Authority(tmp_path / "tls")
    certificate = authority.issue("kube", "127.0.0.1", "localhost")
    server = KubeServer(WallClock(), TOKENS, ca=authority.ca_file.read_text(), seed=7)
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    headers = {"Authorization": "Bearer admin-token", "User-Agent": "tests/1"}
    async with server.running(), serve(server.app, cert=certificate.cert, key=certificate.key) as listener:
        client = httpx.AsyncClient(
            base_url=listener.url, verify=trust, headers=headers, trust_env=False, timeout=20
        )
        async with client:
            yield Cluster(server, listener.url, authority.ca_file, client)
    await server.close()
