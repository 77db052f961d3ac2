"""Who acts on the cluster: the controllers and the virtual kubelet, each a client with a token of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from simulator.cache import valkey
from simulator.controllers import crossplane, external_secrets, virtual_kubelet, workloads
from simulator.controllers.api import Api
from simulator.controllers.argocd import controller as argocd
from simulator.controllers.argocd.settings import Settings
from simulator.harness.backend import Backend
from simulator.harness.ground import ACTORS, Ground
from simulator.harness.minted import ARGOCD, CROSSPLANE, EXTERNAL_SECRETS, KUBELET, WORKLOADS

_GIT_POLL_SECONDS = 3.0
"""Real seconds between two looks at the tenants repository, unless ArgoCD's own period passes faster."""
_WAVE_SECONDS = 0.5
"""Real seconds after a wave; the controllers here take note of what was applied within milliseconds."""


def start(ground: Ground, cluster_url: str, parameters_url: Awaitable[str]) -> None:
    """Let them act until the world ends; the custom resources they watch must be served.

    Only External Secrets waits for Parameter Store to accept requests.
    """
    ground.act = partial(_run, ground, cluster_url, parameters_url)
    ground.act()
    pods = ground.order.run_dir / "pods"
    ground.backends += [
        Backend(ARGOCD, "our controller", "ArgoCD"),
        Backend(EXTERNAL_SECRETS, "our controller", "External Secrets Operator"),
        Backend(CROSSPLANE, "our controller", "Crossplane with provider-kubernetes"),
        Backend(WORKLOADS, "our controllers", "kube-controller-manager and scheduler"),
        Backend(KUBELET, "virtual kubelet", "nodes", detail="pods are local processes", endpoint=str(pods)),
        Backend("cache", "Valkey", "Dragonfly", valkey.version(), detail="one process per claim"),
    ]


def _run(ground: Ground, cluster_url: str, parameters_url: Awaitable[str]) -> None:
    clock = ground.clock
    (ground.order.run_dir / "pods").mkdir(mode=0o700, exist_ok=True)
    acting: dict[str, Callable[[Api], Awaitable[None]]] = {
        ARGOCD: lambda api: argocd.run(api, clock, _argocd(ground)),
        EXTERNAL_SECRETS: lambda api: _external_secrets(api, ground, parameters_url),
        CROSSPLANE: lambda api: crossplane.run(api, clock),
        WORKLOADS: lambda api: workloads.run(api, clock),
        KUBELET: lambda api: virtual_kubelet.run(api, clock, run_dir=ground.order.run_dir),
    }
    for name, act in acting.items():
        ground.parts.run(name, _act(ground, name, cluster_url, act), stage=ACTORS)


async def _act(ground: Ground, caller: str, url: str, act: Callable[[Api], Awaitable[None]]) -> None:
    async with ground.api(caller, url) as api:
        await act(api)


async def _external_secrets(api: Api, ground: Ground, parameters_url: Awaitable[str]) -> None:
    await external_secrets.run(api, ground.clock, endpoint=await parameters_url)


def _argocd(ground: Ground) -> Settings:
    usual, speed = Settings(cache=ground.order.run_dir / "argocd"), ground.order.speed
    return replace(
        usual,
        git_poll=min(usual.git_poll, _GIT_POLL_SECONDS * speed),
        wave_delay=min(usual.wave_delay, _WAVE_SECONDS * speed),
    )
