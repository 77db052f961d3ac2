"""Recordings of a real API server, replayed: the answers must be the same."""

import asyncio
import os
import ssl
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.kube.identity import Identity
from simulator.kube.server import KubeServer
from tests.simulator.kube.replay import Replay, Result
from tests.simulator.kube.workloads import stand_in

FOLDER = Path(
    os.environ.get("ZEROTOUCH_CONFORMANCE")
    or Path(__file__).resolve().parents[3].parent / "shared" / "conformance" / "kubernetes"
)
USERS = {name: Identity(name) for name in ("viewer", "nobody")} | {
    "admin": Identity("admin", ("system:masters",))
}
RBAC = "rbac.authorization.k8s.io"
VIEWER = {
    "apiVersion": f"{RBAC}/v1",
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "viewer"},
    "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "view"},
    "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "viewer"}],
}
PODS_APPEAR = 78
CONTROLLERS = "shows what the Deployment and ReplicaSet controllers wrote, which do not run here"
GAPS = dict.fromkeys((63, 65, 66, 68, 69, 71, 77, 136), CONTROLLERS)


def recordings() -> list[object]:
    """One parameter for each recording."""
    found: list[object] = []
    for path in sorted((FOLDER / "recordings").glob("*.json")):
        number = int(path.name[:3])
        marks = [pytest.mark.xfail(reason=GAPS[number], strict=True)] if number in GAPS else []
        found.append(pytest.param(number, id=path.stem, marks=marks))
    reason = f"no recordings in {FOLDER}; name their folder by ZEROTOUCH_CONFORMANCE"
    return found or [pytest.param(0, id="none", marks=pytest.mark.skip(reason=reason))]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Result]:
    """The whole scenario, once: most steps depend on the state that earlier ones left."""
    return asyncio.run(_replayed(tmp_path_factory.mktemp("conformance")))


async def _replayed(directory: Path) -> dict[int, Result]:
    authority = Authority(directory)
    certificate = authority.issue("kube", "127.0.0.1")
    server = KubeServer(
        WallClock(), USERS, ca=authority.ca_file.read_text(), rbac=True, wire=WallClock(speed=10), seed=1
    )
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(server.running())
        listener = await stack.enter_async_context(
            serve(server.app, cert=certificate.cert, key=certificate.key)
        )
        clients = {
            name: await stack.enter_async_context(_client(listener.url, trust, name))
            for name in (*USERS, "invalid")
        }
        for path in sorted((FOLDER / "crds").glob("*.yaml")):
            body = yaml.safe_load(path.read_text())
            answer = await clients["admin"].post(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", json=body
            )
            assert answer.status_code == httpx.codes.CREATED, answer.text
        answer = await clients["admin"].post(f"/apis/{RBAC}/v1/clusterrolebindings", json=VIEWER)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        results = await Replay(clients, FOLDER, {PODS_APPEAR: stand_in}).run()
    await server.close()
    return results


def _client(url: str, trust: ssl.SSLContext, token: str) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "conformance/1"}
    return httpx.AsyncClient(base_url=url, verify=trust, headers=headers, trust_env=False, timeout=20)


@pytest.mark.parametrize("number", recordings())
def test_a_recorded_request_is_answered_as_the_real_server_did(
    number: int, results: dict[int, Result]
) -> None:
    assert results[number].differences == []
