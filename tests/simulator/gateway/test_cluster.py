"""A real cluster behind the gateway sees the run's credential, and the name of who is no administrator."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from simulator.backends.serving import serve
from simulator.gateway.cluster import Cluster, ClusterUpstream
from simulator.kube.access.identity import Identity

ADMIN = Identity("portal", ("system:masters", "system:authenticated"))
VIEWER = Identity("ada", ("viewers", "system:authenticated"))


@dataclass
class Seen:
    """The headers of each call that reached the cluster."""

    headers: list[list[tuple[str, str]]] = field(default_factory=list)

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.headers.append([(name.decode(), value.decode()) for name, value in scope["headers"]])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    def of(self, prefix: str) -> list[tuple[str, str]]:
        return [pair for pair in self.headers[-1] if pair[0].startswith(prefix)]


@dataclass
class Bench:
    client: httpx.AsyncClient
    seen: Seen


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    seen = Seen()
    async with (
        serve(seen) as behind,
        httpx.AsyncClient(trust_env=False) as to_cluster,
        httpx.AsyncClient(trust_env=False) as to_kubelet,
    ):
        known = {"admin": ADMIN, "viewer": VIEWER}
        upstream = ClusterUpstream(Cluster(behind.url, to_cluster, "own"), known, "rehearsal", to_kubelet)
        async with serve(upstream) as front, httpx.AsyncClient(base_url=front.url, trust_env=False) as client:
            yield Bench(client, seen)


def _as(token: str, **more: str) -> dict[str, Any]:
    return {"headers": {"Authorization": f"Bearer {token}", **more}}


async def test_an_administrators_token_stays_here(bench: Bench) -> None:
    await bench.client.get("/api/v1/pods", **_as("admin"))
    assert bench.seen.of("authorization") == [("authorization", "Bearer own")]
    assert bench.seen.of("impersonate") == []
    assert "admin" not in str(bench.seen.headers)


async def test_an_administrator_may_act_as_somebody(bench: Bench) -> None:
    await bench.client.get("/api/v1/pods", **_as("admin", **{"Impersonate-User": "eve"}))
    assert bench.seen.of("impersonate") == [("impersonate-user", "eve")]


@pytest.mark.parametrize(
    ("token", "user", "groups"),
    [
        ("viewer", "ada", ["viewers", "system:authenticated"]),
        ("nobody's", "system:anonymous", ["system:unauthenticated"]),
    ],
)
async def test_everybody_else_goes_by_name_and_cannot_choose_another(
    bench: Bench, token: str, user: str, groups: list[str]
) -> None:
    forged = {"Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters"}
    for headers in ({}, forged):
        await bench.client.get("/api/v1/pods", **_as(token, **headers))
        expected = [("impersonate-user", user), *[("impersonate-group", group) for group in groups]]
        assert bench.seen.of("impersonate") == expected


async def test_logs_are_looked_for_only_for_an_administrator(bench: Bench) -> None:
    await bench.client.get("/api/v1/namespaces/default/pods/web/log", **_as("viewer"))
    assert len(bench.seen.headers) == 1
    assert bench.seen.of("impersonate-user") == [("impersonate-user", "ada")]
