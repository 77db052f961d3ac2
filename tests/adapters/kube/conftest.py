"""The simulator's API server over TLS, and a server that answers by script."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from portal.adapters.kube import KubeCluster
from portal.settings import KubeSettings
from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer

TOKENS = {"admin-token": Identity("admin", ("system:masters",)), "viewer-token": Identity("viewer", ())}
Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = Callable[[Scope, Send], Awaitable[None]]


def kubeconfig(path: Path, url: str, ca: Path | None, user: dict[str, Any]) -> Path:
    """A kubeconfig with one context."""
    cluster = {"server": url, **({"certificate-authority": str(ca)} if ca else {})}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": user}],
    }
    path.write_text(json.dumps(document))
    return path


@dataclass(frozen=True, slots=True)
class Bench:
    """A running API server."""

    url: str
    ca: Path
    directory: Path
    server: KubeServer

    def settings(self, user: dict[str, Any] | None = None, name: str = "kubeconfig") -> KubeSettings:
        given = user or {"token": "admin-token"}
        path = kubeconfig(self.directory / name, self.url, self.ca, given)
        return KubeSettings(kubeconfig=path, timeout_seconds=10.0)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    authority = Authority(tmp_path / "tls")
    certificate = authority.issue("kube", "127.0.0.1", "localhost")
    server = KubeServer(WallClock(), TOKENS, ca=authority.ca_file.read_text(), seed=7, history=20)
    async with server.running(), serve(server.app, cert=certificate.cert, key=certificate.key) as listener:
        yield Bench(listener.url, authority.ca_file, tmp_path, server)
    await server.close()


@pytest.fixture
async def cluster(bench: Bench) -> AsyncIterator[KubeCluster]:
    async with KubeCluster(bench.settings()) as opened:
        yield opened


@pytest.fixture
async def scripted(tmp_path: Path) -> AsyncIterator[Callable[..., Awaitable[KubeCluster]]]:
    """Start a plain http server with one scripted answer; the client's deadline is short."""
    opened: list[Any] = []

    async def start(answer: Answer, seconds: float = 5.0) -> KubeCluster:
        async def app(scope: Scope, _receive: Any, send: Send) -> None:
            await answer(scope, send)

        context = serve(app)
        listener = await context.__aenter__()
        path = kubeconfig(tmp_path / "scripted", listener.url, None, {"token": "t"})
        cluster = KubeCluster(KubeSettings(kubeconfig=path, timeout_seconds=seconds))
        opened.extend([context, cluster])
        return cluster

    yield start
    for item in reversed(opened):
        await item.__aexit__(None, None, None)


def replies(status: int, body: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    """The same answer to every request."""

    async def answer(_scope: Scope, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body})

    return answer
