"""A cluster alone: our API server with its controllers and, where wanted, a node; nothing of the platform."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import import_module
from time import monotonic
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import orjson

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.harness import clients
from simulator.harness.backend import Backend
from simulator.harness.control import Control, Unresettable
from simulator.harness.keeping import UP
from simulator.harness.minted import KUBELET, WORKLOADS
from simulator.harness.order import Order
from simulator.harness.parts import Parts
from simulator.harness.phases import Phases
from simulator.harness.rundir import RunDirectory, write_private
from simulator.harness.talk import put
from simulator.kube.access.identity import Identity
from simulator.kube.api.discovery import VERSION
from simulator.kube.server import KubeServer
from simulator.kube.storage.restoring import Snapshot

if TYPE_CHECKING:
    from simulator.controllers.api import Api

_KUBERNETES: Final = "kubernetes"
_SERVER, _LISTENERS, _ACTORS = range(3)
_MASTERS: Final = "system:masters"
_PEOPLE: Final = {
    "admin": "kubeconfig",
    "operator": "kubeconfig-operator",
    "viewer": "kubeconfig-viewer",
    "nobody": "kubeconfig-nobody",
}
"""Who has a kubeconfig, and its name in the run directory."""
_ROLES: Final = {"operator": "edit", "viewer": "view"}
_ACTOR_USERS: Final = {WORKLOADS: "system:kube-controller-manager", KUBELET: "system:node:rehearsal"}


class Alone:
    """One such cluster from its first listener to its last."""

    settled = True
    """Nothing of it is ever in a container engine."""

    def __init__(self, order: Order, tell: Callable[[str], None]) -> None:
        self._order = order
        self._began = monotonic()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._phases = Phases(tell)
        self._clock = WallClock(order.speed)
        self._tokens = {name: secrets.token_urlsafe(32) for name in (*_PEOPLE, *_ACTOR_USERS)}
        self._authority = Authority(order.run_dir / "pki")
        self._endpoints: dict[str, Any] = {}
        self._url = ""
        self._resetting = asyncio.Lock()
        self._loader = ThreadPoolExecutor(1, "loader")

    async def live(self, stop: asyncio.Event) -> None:
        """Last until `stop` is set; raises what broke a part of it."""
        parts = Parts()
        tasks: set[asyncio.Task[Any]] = set()
        try:
            server = await self._serve(parts)
            await self._control(parts, server, stop)
            put(self._written())
            self._act(parts)
            ending = asyncio.create_task(stop.wait(), name="stop")
            failing = asyncio.create_task(parts.failure(), name="failure")
            tasks |= {ending, failing}
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                failing.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await parts.close()
            self._loader.shutdown(cancel_futures=True)

    async def _serve(self, parts: Parts) -> KubeServer:
        """Who may do what is decided by roles; every caller but those of the controllers has a kubeconfig."""
        with self._phases.phase(_KUBERNETES, "accepting"):
            ca = self._authority.ca_file.read_text()
            people = {
                self._tokens[name]: Identity(name, (_MASTERS,) if name == "admin" else ()) for name in _PEOPLE
            }
            actors = {self._tokens[name]: Identity(user, (_MASTERS,)) for name, user in _ACTOR_USERS.items()}
            server = KubeServer(self._clock, people | actors, ca=ca, rbac=True, seed=self._order.seed)
            for name, role in _ROLES.items():
                server.bind_cluster_role(name, role)
            await parts.open("kubernetes", _running(server), stage=_SERVER)
            certificate = self._authority.issue("kubernetes", "127.0.0.1", "localhost")
            serving = serve(server.app, cert=certificate.cert, key=certificate.key)
            self._url = (await parts.open("listener", serving, stage=_LISTENERS)).url
        for name, file in _PEOPLE.items():
            path = self._order.run_dir / file
            user = clients.token_user(self._tokens[name])
            clients.write_kubeconfig(path, self._url, self._authority.ca_file, user)
            self._endpoints[file.replace("-", "_")] = str(path)
        return server

    async def _control(self, parts: Parts, server: KubeServer, stop: asyncio.Event) -> None:
        token, token_file = secrets.token_urlsafe(32), self._order.run_dir / "control_token"
        write_private(token_file, token)
        first = server.remember()
        control = Control(
            token, None, self._state, self._heal, stop.set, truth=self._state_later,
            reset=lambda only_rules: self._reset(parts, server, first, only_rules=only_rules),
        )  # fmt: skip
        listener = await parts.open("control", serve(control.app), stage=_LISTENERS)
        self._endpoints |= {"control_url": listener.url, "control_token_file": str(token_file)}

    def _act(self, parts: Parts) -> None:
        parts.run(WORKLOADS, self._workloads(), stage=_ACTORS)
        if self._order.kubelet:
            parts.run(KUBELET, self._kubelet(), stage=_ACTORS)

    async def _workloads(self) -> None:
        """Controllers are loaded beside a server that is up already, as they come up beside a real one."""
        workloads = await self._loaded("simulator.controllers.workloads")
        async with await self._api(WORKLOADS) as api:
            await workloads.run(api, self._clock, scheduling=self._order.kubelet)

    async def _kubelet(self) -> None:
        virtual_kubelet = await self._loaded("simulator.controllers.virtual_kubelet")
        (self._order.run_dir / "pods").mkdir(mode=0o700, exist_ok=True)
        async with await self._api(KUBELET) as api:
            await virtual_kubelet.run(api, self._clock, run_dir=self._order.run_dir)

    async def _loaded(self, module: str) -> ModuleType:
        return await asyncio.get_running_loop().run_in_executor(self._loader, import_module, module)

    async def _api(self, caller: str) -> "Api":
        made = await self._loaded("simulator.controllers.api")
        api: Api = made.Api(self._url, self._tokens[caller], self._authority.ca_file, manager=caller)
        return api

    async def _reset(
        self, parts: Parts, server: KubeServer, first: Snapshot, *, only_rules: bool
    ) -> Mapping[str, Any]:
        """Every object as it was when the cluster was announced; open watches see the changes."""
        if only_rules:
            raise Unresettable("A cluster alone has no fault rules: reset it without --faults.")
        began = monotonic()
        async with self._resetting:
            await parts.close_stage(_ACTORS)
            try:
                server.restore(first)
            finally:
                self._act(parts)
        kept = ["endpoints", "credentials", "certificates", "logs", "the clock"]
        return {"seconds": round(monotonic() - began, 2), "reset": ["the cluster"], "kept": kept}

    async def _heal(self) -> Mapping[str, Any]:
        return {"outcomes": [], "world": orjson.loads(self._written())}

    async def _state_later(self) -> Mapping[str, Any]:
        return self._state()

    def _state(self) -> Mapping[str, Any]:
        return {
            **self._description(),
            "state": UP,
            "faults": [],
            "uptime_seconds": round(monotonic() - self._began, 1),
        }

    def _written(self) -> str:
        document = orjson.dumps(self._description()).decode()
        write_private(RunDirectory(self._order.run_dir).world_file, document)
        return document

    def _description(self) -> dict[str, Any]:
        order = self._order
        return {
            "run_dir": str(order.run_dir),
            "run_id": order.run_id,
            "pid": os.getpid(),
            "supervisor_pid": order.supervisor,
            "started_at": self._started_at,
            "only": order.only,
            "seed": order.seed,
            "speed": order.speed,
            "tiers": asdict(order.tiers),
            "kubernetes_url": self._url,
            **self._endpoints,
            "backends": [row.as_json() for row in self._rows()],
            "phases": self._phases.as_json(),
        }

    def _rows(self) -> list[Backend]:
        real = "kube-controller-manager and scheduler"
        rows = [
            Backend(_KUBERNETES, "our API server", "Kubernetes", version=VERSION, endpoint=self._url),
            Backend(WORKLOADS, "our controllers", real),
        ]
        if self._order.kubelet:
            place = str(self._order.run_dir / "pods")
            rows.append(
                Backend(
                    KUBELET, "virtual kubelet", "nodes", detail="pods are local processes", endpoint=place
                )
            )
        return rows


@asynccontextmanager
async def _running(server: KubeServer) -> AsyncGenerator[None]:
    async with server.running():
        try:
            yield
        finally:
            await server.close()
