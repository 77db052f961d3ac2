"""The cluster: an API server behind a gateway, the platform applied to it, the controllers that act."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from starlette.types import ASGIApp

from simulator.controllers.api import Api
from simulator.controllers.virtual_kubelet.kubelet import NAME as NODE_NAME
from simulator.gateway.kube import Kube
from simulator.harness import actors, clients, cordon, external, marked, occupancy, platform, real_cluster
from simulator.harness.actors import Stage
from simulator.harness.backend import Backend
from simulator.harness.ground import BACKENDS, LISTENERS, Ground
from simulator.harness.minted import PLATFORM, PORTAL, VIEWER, identities
from simulator.harness.tiers import EMBEDDED, EXTERNAL, KIND
from simulator.kube.api.discovery import VERSION
from simulator.kube.server import KubeServer


@dataclass(frozen=True, slots=True)
class Standing:
    """An API server that accepts requests and may be used: its address and a client of the platform's."""

    url: str
    api: Api


async def stand(ground: Ground) -> Standing:
    """Raises BackendFailed for a cluster that does not answer, or is not free; nothing was changed then."""
    with ground.phases.phase("kubernetes", "accepting"):
        url = await _serve(ground)
    api = await ground.parts.open("platform client", ground.api(PLATFORM, url), stage=LISTENERS)
    if ground.order.tiers.cluster != EMBEDDED:
        with ground.phases.phase("nodes", "kept free of tenants"):
            await _clear(ground, api)
    return Standing(url, api)


async def come_up(
    ground: Ground, standing: Awaitable[Standing], parameters: Awaitable[str], repository: Awaitable[str]
) -> None:
    """The platform is applied to the cluster that stands, and its secret store is ready."""
    stood = await standing
    api, stage, tier = stood.api, _stage(ground, stood.url), ground.order.tiers.cluster
    with ground.phases.phase("custom resources", "established"):
        await platform.define(api, stage.marks, ground.order.external_secrets)
    await actors.start(ground, stage, parameters)
    with ground.phases.phase("platform", "applied, its secret store and its node ready"):
        setting = platform.Setting(
            ground.order.environment,
            await repository,
            stage.storage_class,
            stage.marks,
            ground.order.external_secrets,
        )
        await platform.apply(api, ground.minted.external_secrets_key, setting)
        if tier == EMBEDDED:
            await platform.grant(api)
        await parameters  # the store is checked against it
        await platform.ready(api, ground.order.external_secrets)


def _stage(ground: Ground, url: str) -> Stage:
    """What is the actors' in a cluster of each tier."""
    marks = marked.labels(ground.order.run_id)
    stages = {
        EMBEDDED: Stage(url),
        KIND: Stage(url, real=True, marks=marks),
        EXTERNAL: Stage(url, real=True, storage_class=external.VOLUMES, marks=marks),
    }
    return stages[ground.order.tiers.cluster]


async def _clear(ground: Ground, api: Api) -> None:
    """Tenants' pods find no node but ours; in a cluster of others only after it was seen to be free."""
    if ground.order.tiers.cluster == KIND:
        await cordon.settled(api)
        await cordon.spare_daemons(api)
    else:
        there = await occupancy.check(api, NODE_NAME)
        order = ground.order
        record = external.External(order.kubeconfig, order.context, order.run_id, tuple(there))
        record.write(order.run_dir)
    await cordon.cordon(api, ground.order.run_id)


async def _serve(ground: Ground) -> str:
    """The gateway's address, once what stands behind it accepts requests."""
    embedded = ground.order.tiers.cluster == EMBEDDED
    app, backend = await (_embedded(ground) if embedded else _real(ground))
    certificate = ground.authority.issue("kubernetes", "127.0.0.1", "localhost", "kubernetes.default.svc")
    callers = Kube(ground.minted.cluster_callers(roles=embedded))
    listener = await ground.serve(callers, app, certificate)
    for caller, name in ((PORTAL, "kubeconfig"), *([(VIEWER, "kubeconfig-viewer")] if embedded else [])):
        kubeconfig = ground.order.run_dir / name
        user = clients.token_user(ground.minted.cluster_tokens[caller])
        clients.write_kubeconfig(kubeconfig, listener.url, ground.authority.ca_file, user)
        ground.endpoints[name.replace("-", "_")] = str(kubeconfig)
    ground.backends.append(replace(backend, endpoint=listener.url))
    return listener.url


async def _embedded(ground: Ground) -> tuple[ASGIApp, Backend]:
    server = KubeServer(
        ground.clock,
        identities(ground.minted.cluster_tokens),
        ca=ground.authority.ca_file.read_text(),
        rbac=True,
        seed=ground.order.seed,
    )
    ground.kube = server
    await ground.parts.open("kubernetes", _running(server), stage=BACKENDS)
    return server.app, Backend("kubernetes", "our API server", "Kubernetes", version=VERSION)


async def _real(ground: Ground) -> tuple[ASGIApp, Backend]:
    found = await real_cluster.reach(ground)
    if ground.order.tiers.cluster == KIND:
        row = Backend("kubernetes", "kind", "Kubernetes", tier="container", detail=found.name)
    else:
        row = Backend("kubernetes", "existing cluster", "Kubernetes", tier=EXTERNAL, detail=found.name)
    return found.app, replace(row, version=found.version)


@asynccontextmanager
async def _running(server: KubeServer) -> AsyncGenerator[None]:
    async with server.running():
        try:
            yield
        finally:
            await server.close()
