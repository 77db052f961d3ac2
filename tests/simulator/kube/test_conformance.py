"""Recordings of a real API server, replayed: the answers must be the same."""

import asyncio
import contextlib
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.controllers import workloads
from simulator.controllers.api import Api
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from simulator.kube.storage.store import Store
from tests.simulator.kube.replay import FOLDER, Replay, Result, recordings

MASTERS = ("system:masters",)
CONTROLLERS = "kube-controller-manager"
USERS = {
    "viewer": Identity("viewer"),
    "nobody": Identity("nobody"),
    "admin": Identity("admin", MASTERS),
}
QUIET_SECONDS = 0.5


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    """The whole scenario, once: most steps depend on the state that earlier ones left."""
    return asyncio.run(_replayed(tmp_path_factory.mktemp("conformance")))


async def _replayed(directory: Path) -> dict[int, Result]:
    authority = Authority(directory)
    certificate = authority.issue("kube", "127.0.0.1")
    identities = {**USERS, CONTROLLERS: Identity(f"system:{CONTROLLERS}", MASTERS)}
    ca = authority.ca_file.read_text()
    server = KubeServer(WallClock(), identities, ca=ca, rbac=True, wire=WallClock(speed=10), seed=1)
    server.bind_cluster_role("viewer", "view")
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(server.close)
        await stack.enter_async_context(server.running())
        listening = serve(server.app, cert=certificate.cert, key=certificate.key)
        listener = await stack.enter_async_context(listening)
        api = await stack.enter_async_context(Api(listener.url, CONTROLLERS, trust, manager=CONTROLLERS))
        controllers = asyncio.create_task(workloads.run(api, WallClock(), scheduling=False))
        stack.callback(controllers.cancel)
        clients = {
            name: await stack.enter_async_context(_client(listener.url, trust, name))
            for name in (*USERS, "invalid")
        }
        for body in yaml.safe_load_all((FOLDER / "crds.yaml").read_text()):
            answer = await clients["admin"].post(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=body
            )
            assert answer.status_code == httpx.codes.CREATED, answer.text
        return await Replay(clients, lambda: _settled(server.store)).run()


async def _settled(store: Store) -> None:
    """Controllers act between the steps: return once nothing was written for a while."""
    written = asyncio.Event()
    store.listeners.append(lambda _where, _event: written.set())
    with contextlib.suppress(TimeoutError):
        while True:
            async with asyncio.timeout(QUIET_SECONDS):
                await written.wait()
            written.clear()


def _client(url: str, trust: ssl.SSLContext, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "conformance/1"}
    return httpx.AsyncClient(base_url=url, verify=trust, headers=headers, trust_env=False, timeout=20)


@pytest.mark.parametrize(
    "number", [pytest.param(step["step"], id=f"{step['step']:03}-{step['name']}") for step in recordings()]
)
def test_a_recorded_request_is_answered_as_the_real_server_did(
    number: int, results: dict[int, Result]
) -> None:
    assert results[number].differences == []
