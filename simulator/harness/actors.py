"""Who acts on the cluster: the controllers and the virtual kubelet, each a client with a token of its own."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from simulator.clock import Clock, WallClock
from simulator.controllers import crossplane, external_secrets, virtual_kubelet, workloads
from simulator.controllers.api import Api
from simulator.controllers.argocd import controller as argocd
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.virtual_kubelet import volumes
from simulator.controllers.workloads.volumes import DEFAULT_CLASS
from simulator.harness import pods
from simulator.harness.backend import Backend
from simulator.harness.ground import ACTORS, Ground
from simulator.harness.keeping import Condition
from simulator.harness.marked import marked
from simulator.harness.minding import Minder
from simulator.harness.minted import ARGOCD, CROSSPLANE, EXTERNAL_SECRETS, KUBELET, WORKLOADS

Act = Callable[[Api], Awaitable[None]]

_GIT_POLL_SECONDS = 3.0
"""Real seconds between two looks at the tenants repository, unless ArgoCD's own period passes faster."""
_WAVE_SECONDS = 0.5
"""Real seconds after a wave; the controllers here take note of what was applied within milliseconds."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The cluster the actors act on: a `real` one has workload controllers and a scheduler of its own.

    `marks` are the labels of what a run leaves in a real cluster.
    """

    url: str
    real: bool = False
    storage_class: str = DEFAULT_CLASS
    marks: Mapping[str, str] = field(default_factory=dict)


async def start(ground: Ground, stage: Stage, parameters_url: Awaitable[str]) -> None:
    """Let them act until the world ends; the custom resources they watch must be served.

    Only External Secrets waits for Parameter Store to accept requests. In a real cluster all of them live in
    real time, whatever the speed of the world.
    """
    ground.backends += [*_rows(stage), *await pods.rows(ground)]
    ground.act = partial(_run, ground, stage, parameters_url)
    ground.act()


def _run(ground: Ground, stage: Stage, parameters_url: Awaitable[str]) -> None:
    clock = WallClock() if stage.real else ground.clock
    (ground.order.run_dir / "pods").mkdir(mode=0o700, exist_ok=True)
    acting: dict[str, Act] = {
        ARGOCD: lambda api: argocd.run(api, clock, _argocd(ground, clock.speed)),
        EXTERNAL_SECRETS: lambda api: _external_secrets(api, clock, parameters_url),
        CROSSPLANE: lambda api: crossplane.run(api, clock),
        KUBELET: lambda api: _kubelet(api, clock, ground, stage),
    }
    for name, act in acting.items():
        ground.parts.run(name, _act(ground, name, stage.url, act), stage=ACTORS)
    if stage.real:
        made = marked(volumes.storage_class(stage.storage_class), stage.marks)
        making = _act(ground, KUBELET, stage.url, lambda api: volumes.run(api, clock, made))
        ground.parts.run("volumes", making, stage=ACTORS)
    else:
        working = _act(ground, WORKLOADS, stage.url, lambda api: workloads.run(api, clock))
        ground.parts.run(WORKLOADS, working, stage=ACTORS)


def _rows(stage: Stage) -> list[Backend]:
    real = "kube-controller-manager and scheduler"
    return [
        Backend(ARGOCD, "our controller", "ArgoCD"),
        Backend(EXTERNAL_SECRETS, "our controller", "External Secrets Operator"),
        Backend(CROSSPLANE, "our controller", "Crossplane with provider-kubernetes"),
        Backend(WORKLOADS, "the cluster's own", real, tier="container")
        if stage.real
        else Backend(WORKLOADS, "our controllers", real),
    ]


async def _act(ground: Ground, caller: str, url: str, act: Act) -> None:
    """Act as one caller until the world ends, again after a crash."""

    async def once() -> None:
        async with ground.api(caller, url) as api:
            await act(api)

    def changed(condition: Condition) -> None:
        ground.change(caller, state=condition.state, what=condition.what, last_lines=condition.last_lines)

    await Minder(caller, once, changed).run()


async def _kubelet(api: Api, clock: Clock, ground: Ground, stage: Stage) -> None:
    run_dir = ground.order.run_dir
    async with pods.runtime(ground) as runtime:
        await virtual_kubelet.run(
            api, clock, run_dir=run_dir, abroad=stage.real, labels=stage.marks, runtime=runtime
        )


async def _external_secrets(api: Api, clock: Clock, parameters_url: Awaitable[str]) -> None:
    await external_secrets.run(api, clock, endpoint=await parameters_url)


def _argocd(ground: Ground, speed: float) -> Settings:
    usual = Settings(cache=ground.order.run_dir / "argocd")
    return replace(
        usual,
        git_poll=min(usual.git_poll, _GIT_POLL_SECONDS * speed),
        wave_delay=min(usual.wave_delay, _WAVE_SECONDS * speed),
    )
