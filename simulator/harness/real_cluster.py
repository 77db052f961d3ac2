"""A cluster with an API server and controllers of its own: made by kind for the run, or an existing one."""

import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from simulator.backends import kubeconfig
from simulator.backends.failure import BackendFailed
from simulator.backends.kind import creation, record
from simulator.controllers.virtual_kubelet.kubelet import NAME as NODE_NAME
from simulator.gateway.cluster import Cluster, ClusterUpstream
from simulator.harness.ground import BACKENDS, Ground, client
from simulator.harness.manifests import manifests
from simulator.harness.minted import identities

KIND = "kind"
EXTERNAL = "external"
_ANSWER_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Real:
    """What stands behind the gateway; `name` is how its owner calls it."""

    app: ClusterUpstream
    version: str
    name: str


async def reach(ground: Ground) -> Real:
    """Make the cluster, or reach the one that was named; nothing is changed in it yet.

    Raises BackendFailed.
    """
    order = ground.order
    if order.tiers.cluster == KIND:
        access, name = await _made(ground)
    else:
        access, name = _read(Path(order.kubeconfig), order.context), order.context
    opened = await ground.parts.open("cluster client", _client(access, order.run_dir), stage=BACKENDS)
    cluster = Cluster(access.server, opened, access.token)
    kubelet = await ground.parts.open("kubelet client", client(), stage=BACKENDS)
    known = identities(ground.minted.cluster_tokens)
    return Real(ClusterUpstream(cluster, known, NODE_NAME, kubelet), await _version(cluster, name), name)


async def _made(ground: Ground) -> tuple[kubeconfig.Access, str]:
    order = ground.order
    made = record.of_run(order.run_id, order.kind, order.engine, order.kind_provider)
    config = manifests() / "kind" / "cluster.yaml"
    path = await creation.create(
        made, order.run_dir, config=config, image=order.images.node, tell=ground.phases.tell
    )
    return _read(path, ""), made.name


def _read(path: Path, context: str) -> kubeconfig.Access:
    try:
        return kubeconfig.read(path, context)
    except kubeconfig.UnusableKubeconfig as exc:
        raise BackendFailed("cluster", str(exc)) from exc


@asynccontextmanager
async def _client(access: kubeconfig.Access, run_dir: Path) -> AsyncGenerator[httpx.AsyncClient]:
    """Speaks to the cluster with its credential, and to nothing whose certificate it cannot check."""
    try:
        trust: ssl.SSLContext = access.tls(run_dir)
    except kubeconfig.UnusableKubeconfig as exc:
        raise BackendFailed("cluster", str(exc)) from exc
    async with client(trust) as opened:
        yield opened


async def _version(cluster: Cluster, name: str) -> str:
    """What it says it is, asked with the credential, so that a wrong one is told now."""
    url = cluster.url + "/api/v1/namespaces/kube-system"
    try:
        allowed = await cluster.client.get(url, headers=cluster.headers, timeout=_ANSWER_SECONDS)
        told = await cluster.client.get(
            cluster.url + "/version", headers=cluster.headers, timeout=_ANSWER_SECONDS
        )
    except httpx.HTTPError as exc:
        what = str(exc) or type(exc).__name__
        raise BackendFailed("cluster", f"{name} at {cluster.url} does not answer: {what}") from exc
    if allowed.status_code != httpx.codes.OK:
        raise BackendFailed(
            "cluster", f"{name} does not accept its kubeconfig's user ({allowed.status_code})"
        )
    return str(told.json().get("gitVersion", "")) if told.status_code == httpx.codes.OK else ""
