"""A kubelet that serves logs and runs nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

from simulator.backends.serving import serve
from tests.simulator.kube.conftest import Cluster

NODES = "/api/v1/nodes"
PODS = "/api/v1/namespaces/default/pods"


async def app(scope: Any, _receive: Any, send: Any) -> None:
    """`/containerLogs/NAMESPACE/POD/CONTAINER` says what it was asked for."""
    what = scope["path"].removeprefix("/containerLogs/")
    query = dict(parse_qsl(scope["query_string"].decode()))
    body = f"{what} tail={query.get('tailLines', '')}\n".encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def kubelet(cluster: Cluster, node: str) -> AsyncIterator[None]:
    """Serve logs and register the node that says where."""
    async with serve(app) as listener:
        await cluster.create(NODES, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
        status = {
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": listener.port}},
        }
        answer = await cluster.patch(f"{NODES}/{node}/status", {"status": status})
        assert answer.status_code == 200, answer.text
        yield


async def pod_on(cluster: Cluster, name: str, node: str) -> None:
    """Create a Pod that is already bound to a node."""
    spec = {"nodeName": node, "containers": [{"name": "c", "image": "i:1"}]}
    await cluster.create(PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec})
