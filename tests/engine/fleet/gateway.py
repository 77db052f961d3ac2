"""A fleet over real sockets: an API server behind a gateway that can be told to misbehave, and a clock that
runs many times faster than the wall's.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

from portal.adapters.kube import KubeCluster
from portal.core.chain import FleetView, Hop, HopName
from portal.core.cluster import KubeObject
from portal.core.facets import Source, SourceState
from portal.core.repository import RepositorySnapshot
from portal.engine.fleet import Fleet
from portal.settings import EnvironmentSettings, KubeSettings, Settings
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.faults import Action, Faults, Rule
from simulator.gateway.gateway import Gateway
from simulator.gateway.kube import Kube
from simulator.gateway.log import RequestLog
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.adapters.kube.conftest import kubeconfig
from tests.bench.fleet.seed import COLLECTIONS
from tests.bench.fleet.server import definitions
from tests.core.assess import tenant as made
from tests.engine.fleet.conftest import furnish
from tests.engine.fleet.ports import PlainNeon, PlainParameters, PlainRepository, PlainStorage

SPEED = 20.0
TOKEN = "portal-token"
_WAIT_SECONDS = 25.0
PLACES = {
    **COLLECTIONS,
    "Secret": ("", "secrets"),
    "Object": ("kubernetes.crossplane.io", "objects"),
    "Event": ("", "events"),
}


class FastClock:
    """Begins at the noon of the healthy tenant and passes `speed` times faster than the wall's clock."""

    def __init__(self, speed: float = SPEED) -> None:
        self._speed = speed
        self._began = asyncio.get_running_loop().time()
        self.step = timedelta(0)

    def monotonic(self) -> float:
        return 1000.0 + (asyncio.get_running_loop().time() - self._began) * self._speed

    def now(self) -> datetime:
        return made.NOON + timedelta(seconds=self.monotonic() - 1000.0) + self.step

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._speed)


class Store:
    """One API server with the healthy tenant in it."""

    def __init__(self, uid: str) -> None:
        self.server = KubeServer(WallClock(), {TOKEN: Identity("portal", ("system:masters",))})
        self._versions = 0
        for definition in definitions():
            self.write("CustomResourceDefinition", definition)
        furnish(self)
        namespace = {"kind": "Namespace", "metadata": {"name": "kube-system", "uid": uid}}
        self.put(namespace)

    def put(self, item: KubeObject) -> None:
        """Create or change an object as it stands, whatever the API would say to it."""
        meta = {"uid": f"{item['kind']}-{item['metadata']['name']}", **item["metadata"]}
        owners = meta.get("ownerReferences", [])
        meta["ownerReferences"] = [{"apiVersion": "apps/v1", **owner} for owner in owners]
        body = {key: value for key, value in item.items() if key not in {"kind", "apiVersion"}}
        self.write(item["kind"], {**body, "metadata": meta})

    def write(self, kind: str, body: dict[str, Any]) -> None:
        place = PLACES.get(kind, ("apiextensions.k8s.io", "customresourcedefinitions"))
        self.server.store.write(place, body)

    def remove(self, kind: str, namespace: str, name: str) -> None:
        collection = self.server.store.collection(*PLACES[kind])
        found = collection.get(namespace, name)
        assert found is not None
        self.server.store.remove(PLACES[kind], found)

    def remove_definition(self, name: str) -> None:
        """Take a kind away, with all its objects."""
        where = ("apiextensions.k8s.io", "customresourcedefinitions")
        found = self.server.store.collection(*where).get("", name)
        assert found is not None
        group, plural = found.value["spec"]["group"], found.value["spec"]["names"]["plural"]
        for item in list(self.server.store.collection(group, plural).scan()):
            self.server.store.remove((group, plural), item)
        self.server.store.remove(where, found)

    def serve_version(self, name: str, version: str) -> None:
        """Serve a kind in another version than before, and in that alone."""
        where = ("apiextensions.k8s.io", "customresourcedefinitions")
        found = self.server.store.collection(*where).get("", name)
        assert found is not None
        spec = found.value["spec"]
        only = {**spec["versions"][0], "name": version}
        self.write("CustomResourceDefinition", {**found.value, "spec": {**spec, "versions": [only]}})


@dataclass
class Live:
    """What a person sees, and what a test may do to the cluster behind it."""

    stores: list[Store]
    faults: Faults
    gateway: Gateway
    clock: FastClock
    neon: PlainNeon
    parameters: PlainParameters
    log: Path
    views: list[FleetView] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, wanted: Callable[["Live"], object], what: str = "") -> None:
        """Return once the newest view is as wanted; fails with what is seen instead."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while not (self.views and wanted(self)):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            seen = (self.kubernetes, self.bad) if self.views else "no view"
            raise AssertionError(f"never {what or 'as wanted'}: {seen}") from None

    @property
    def store(self) -> Store:
        """The cluster that answers now."""
        return self.stores[-1]

    def replace_cluster(self) -> None:
        """Another cluster at the same address, from now on."""
        self.stores.append(Store("kube-system-2"))
        self.gateway.drop_all()

    @property
    def kubernetes(self) -> SourceState:
        return next(line for line in self.views[-1].sources if line.name is Source.KUBERNETES)

    def hop(self, name: HopName) -> Hop:
        (verdict,) = self.views[-1].tenants
        return next(hop for hop in verdict.hops if hop.name is name)

    @property
    def bad(self) -> dict[str, str]:
        """Every hop that is not healthy, with its cause."""
        found = [hop for verdict in self.views[-1].tenants for hop in verdict.hops]
        return {hop.name.value: hop.cause for hop in found if hop.cause}

    @property
    def well(self) -> bool:
        """Whether the one tenant is seen, and healthy at every hop."""
        return len(self.views[-1].tenants) == 1 and not self.bad

    def calls(self) -> Counter[str]:
        """Operations the gateway let through or refused so far."""
        return Counter(json.loads(line)["operation"] for line in self.log.read_text().splitlines())

    def break_(self, operation: str, action: Action, **more: Any) -> str:
        """A rule in force from now on; open connections are broken with it."""
        posted = self.faults.add(Rule("kube", operation, action, **more))
        return posted.id


@asynccontextmanager
async def live(directory: Path, user: dict[str, Any] | None = None) -> AsyncIterator[Live]:
    """Follow the healthy tenant until the context ends, as a `user` of the kubeconfig."""
    stores = [Store("kube-system-1")]

    async def upstream(scope: Scope, receive: Receive, send: Send) -> None:
        await stores[-1].server.app(scope, receive, send)

    faults, log = Faults(seed=1), directory / "gateway.jsonl"
    clock = FastClock()
    with RequestLog(log) as written:
        gateway = Gateway(
            Kube({TOKEN: "portal"}), upstream, log=written, faults=faults, clock=WallClock(speed=SPEED)
        )
        async with stores[0].server.running(), serve(gateway) as listener:
            path = kubeconfig(directory / "config", listener.url, None, user or {"token": TOKEN})
            async with KubeCluster(KubeSettings(kubeconfig=path, timeout_seconds=1.0)) as cluster:
                parameters = PlainParameters(made.parameters())
                seen = Live(stores, faults, gateway, clock, PlainNeon(), parameters, log)
                async with _following(seen, cluster):
                    yield seen
            gateway.drop_all()


@asynccontextmanager
async def _following(seen: Live, cluster: KubeCluster) -> AsyncIterator[None]:
    snapshot = RepositorySnapshot("c1", made.HALF_PAST.timestamp(), {"identity-service": made.folder()})
    fleet = Fleet(
        neon=seen.neon,
        parameters=seen.parameters,
        storage=PlainStorage("identity-files"),
        cluster=cluster,
        repository=PlainRepository(snapshot),
        clock=seen.clock,
        settings=Settings(environments={"dev": EnvironmentSettings("dev", "p-dev")}),
        jitter=lambda: 0.5,
    )

    async def follow() -> None:
        async for view in fleet.changes():
            seen.views.append(view)
            seen.news.set()

    task = asyncio.create_task(follow())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.result()
