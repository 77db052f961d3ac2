"""What the containers of pods are, and how those that are containers reach this world."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial

from simulator.backends.containers import reach
from simulator.backends.containers.reach import Reach
from simulator.cache import valkey
from simulator.controllers.runtime.containers import ContainerRuntime
from simulator.controllers.runtime.interface import Runtime
from simulator.controllers.runtime.processes import ProcessRuntime
from simulator.controllers.runtime.processless import ProcesslessRuntime
from simulator.controllers.runtime.sorting import CachesApart
from simulator.harness.backend import Backend
from simulator.harness.ground import Ground
from simulator.harness.minted import KUBELET
from simulator.harness.tiers import CONTAINER, NONE, PROCESS

_PODS = {CONTAINER: "containers of their images", NONE: "nothing but their state", PROCESS: "local processes"}
_HOST_GATEWAY = "host-gateway"
"""What an engine replaces by the address of its machine's host."""


async def way_in(ground: Ground) -> Reach | None:
    """How pods that are containers reach listeners of this machine; None where pods are processes."""
    if ground.order.tiers.pods != CONTAINER:
        return None
    return reach.host(await ground.network())


@asynccontextmanager
async def runtime(ground: Ground) -> AsyncGenerator[Runtime]:
    """By the tiers of the order; volumes of claims last as long as this context."""
    tiers, images = ground.order.tiers, ground.order.images
    if tiers.pods == NONE:
        yield ProcesslessRuntime()
        return
    if CONTAINER not in {tiers.cache, tiers.pods}:
        yield ProcessRuntime()
        return
    engine = ground.container_engine()
    version = f"docker://{(await engine.check()).version}"
    if tiers.pods != CONTAINER:
        containers = ContainerRuntime(engine, images.dragonfly, version)
        runs: Runtime = CachesApart(ProcessRuntime(), containers)
    else:
        network = await ground.network()
        hosts = partial(_hosts, ground, reach.host(network))
        runs = containers = ContainerRuntime(engine, images.dragonfly, version, network, hosts)
    try:
        yield runs
    finally:
        await containers.close()


async def rows(ground: Ground) -> list[Backend]:
    """The rows of the node and of the caches on it."""
    tiers, image = ground.order.tiers, ground.order.images.dragonfly
    place = str(ground.order.run_dir / "pods")
    of_pods = _PODS[tiers.pods]
    kubelet = Backend(
        KUBELET,
        "virtual kubelet",
        "nodes",
        detail=f"pods are {of_pods}",
        endpoint=place,
        tier=CONTAINER if tiers.pods == CONTAINER else "embedded",
    )
    if tiers.pods == NONE:
        return [kubelet]
    if tiers.cache != CONTAINER:
        cache = Backend("cache", "Valkey", "Dragonfly", valkey.version(), detail="one process per claim")
        return [kubelet, cache]
    title, version = await ground.container_engine().described(image)
    product = title or "Dragonfly"
    return [kubelet, Backend("cache", product, "Dragonfly", version, detail=image, tier=CONTAINER)]


def _hosts(ground: Ground, way: Reach) -> Mapping[str, str]:
    """The names of computes lead to their front."""
    address = _HOST_GATEWAY if way.extra_hosts else way.name
    computes = ground.neon.hosts() if ground.neon is not None else []
    return {**way.extra_hosts, **dict.fromkeys(computes, address)}
