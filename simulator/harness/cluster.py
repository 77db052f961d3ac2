"""The cluster: the API server behind a gateway, the platform applied to it, the controllers that act."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager

from simulator.gateway.kube import Kube
from simulator.harness import actors, clients, platform
from simulator.harness.backend import Backend
from simulator.harness.ground import BACKENDS, LISTENERS, Ground
from simulator.harness.minted import PLATFORM, PORTAL, identities
from simulator.kube.discovery import VERSION
from simulator.kube.server import KubeServer


async def come_up(ground: Ground, parameters: Awaitable[str], repository: Awaitable[str]) -> None:
    """The API server accepts requests, the platform is applied to it, and its secret store is ready."""
    with ground.phases.phase("kubernetes", "accepting"):
        url = await _serve(ground)
    api = await ground.parts.open("platform client", ground.api(PLATFORM, url), stage=LISTENERS)
    with ground.phases.phase("custom resources", "established"):
        await platform.define(api)
    actors.start(ground, url, parameters)
    with ground.phases.phase("platform", "applied, its secret store and its node ready"):
        await platform.apply(
            api, ground.minted.external_secrets_key, ground.order.environment, await repository
        )
        await platform.ready(api)


async def _serve(ground: Ground) -> str:
    tokens = ground.minted.cluster_tokens
    server = KubeServer(
        ground.clock,
        identities(tokens),
        ca=ground.authority.ca_file.read_text(),
        seed=ground.order.seed,
    )
    ground.kube = server
    await ground.parts.open("kubernetes", _running(server), stage=BACKENDS)
    certificate = ground.authority.issue("kubernetes", "127.0.0.1", "localhost", "kubernetes.default.svc")
    listener = await ground.serve(Kube(ground.minted.cluster_callers()), server.app, certificate)
    kubeconfig = ground.order.run_dir / "kubeconfig"
    user = clients.token_user(tokens[PORTAL])
    clients.write_kubeconfig(kubeconfig, listener.url, ground.authority.ca_file, user)
    ground.endpoints["kubeconfig"] = str(kubeconfig)
    ground.backends.append(
        Backend("kubernetes", "our API server", "Kubernetes", version=VERSION, endpoint=listener.url)
    )
    return listener.url


@asynccontextmanager
async def _running(server: KubeServer) -> AsyncGenerator[None]:
    async with server.running():
        try:
            yield
        finally:
            await server.close()
