"""What every system of a world stands on: its order, directory, clock, credentials, log, rules and parts."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from simulator.backends.certificates import Authority, Certificate
from simulator.backends.containers import network
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.network import Network
from simulator.backends.serving import Listener, serve
from simulator.clock import WallClock
from simulator.controllers.api import Api
from simulator.gateway.faults import Faults
from simulator.gateway.gateway import Gateway
from simulator.gateway.holding import Gate
from simulator.gateway.log import RequestLog
from simulator.gateway.service import Service
from simulator.harness.backend import Backend
from simulator.harness.keeping import Healed, Kept
from simulator.harness.minted import Minted
from simulator.harness.order import Order
from simulator.harness.parts import Parts
from simulator.harness.phases import Phases
from simulator.kube.server import KubeServer
from simulator.neon.service import NeonService

FOUNDATIONS, BACKENDS, LISTENERS, ACTORS = -1, 0, 1, 2
"""What stands on what; closed in the other direction."""


class Ground:
    """`endpoints` and `backends` grow while systems come up; they are what `world.json` tells.

    `whole` says that every system accepts requests. `neon` and `kube` are those of this process, where there
    are any; `act` starts the actors, again after their stage was closed.
    """

    def __init__(
        self, order: Order, parts: Parts, tell: Callable[[str], None], engine: Engine | None = None
    ) -> None:
        self.order = order
        self.engine = engine
        self.kept: list[Kept] = []
        self.parts = parts
        self.phases = Phases(tell)
        self.clock = WallClock(order.speed)
        self.faults = Faults(order.seed)
        self.minted = Minted()
        self.endpoints: dict[str, Any] = {}
        self.backends: list[Backend] = []
        self.home = order.run_dir / "home"
        self.home.mkdir(mode=0o700)
        self.authority = Authority(order.run_dir / "pki")
        self.whole = False
        self.neon: NeonService | None = None
        self.kube: KubeServer | None = None
        self.gate = Gate()
        self.act: Callable[[], None] = lambda: None
        self._network: asyncio.Future[Network] | None = None
        self._gateways: list[Gateway] = []
        self._behind: dict[str, ASGIApp] = {}
        self._log = RequestLog(self.log("gateway.jsonl"))

    def log(self, name: str) -> Path:
        return self.order.run_dir / "logs" / name

    def container_engine(self) -> Engine:
        """For a backend whose tier needs one; the order then names it."""
        assert self.engine is not None  # noqa: S101 - tiers and engine come from one order
        return self.engine

    async def network(self) -> Network:
        """The network of the run's containers, made when it is first asked for."""
        if self._network is None:
            made = network.made(self.container_engine())
            self._network = asyncio.ensure_future(self.parts.open("network", made, stage=FOUNDATIONS))
        return await asyncio.shield(self._network)

    def put(self, row: Backend) -> None:
        """Add a backend's row, or put it in the place of the one of that name."""
        names = [each.name for each in self.backends]
        if row.name in names:
            self.backends[names.index(row.name)] = row
        else:
            self.backends.append(row)

    def change(self, name: str, **parts: Any) -> None:
        """Change parts of a row."""
        (row,) = (each for each in self.backends if each.name == name)
        self.put(replace(row, **parts))

    def keep(self, kept: Kept) -> None:
        """Let a backend last as long as the world, to be healed when it ends before."""
        self.kept.append(kept)
        self.parts.run(kept.names[0], kept.last(), stage=BACKENDS)

    async def heal(self) -> list[Healed]:
        """Start again what has ended."""
        outcomes = await asyncio.gather(*(kept.heal() for kept in self.kept))
        return [outcome for outcome in outcomes if outcome is not None]

    async def serve(
        self, service: Service, upstream: ASGIApp, certificate: Certificate | None = None
    ) -> Listener:
        """Put a gateway in front of `upstream` and listen; over TLS when a certificate is given."""
        gateway = Gateway(
            service, upstream, log=self._log, faults=self.faults, clock=self.clock, gate=self.gate
        )
        self._gateways.append(gateway)
        self._behind[service.name] = upstream
        cert, key = (certificate.cert, certificate.key) if certificate else (None, None)
        serving = serve(gateway, cert=cert, key=key)
        return await self.parts.open(f"{service.name} gateway", serving, stage=LISTENERS)

    def beneath(self, service: str) -> httpx.AsyncClient:
        """A client of what stands behind a gateway, past its log and its rules; the caller closes it."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self._behind[service]), base_url="http://127.0.0.1"
        )

    def api(self, caller: str, url: str) -> Api:
        """A client of the cluster with the caller's own token."""
        return Api(url, self.minted.cluster_tokens[caller], self.authority.ca_file, manager=caller)

    async def close(self) -> None:
        """Close every part; calls under way are broken first, so that open streams do not delay the end.

        Containers go all at once as soon as nobody starts any, for part by part they would take too long.
        """
        await asyncio.gather(self.parts.close_stage(ACTORS), self._clear())
        for gateway in self._gateways:
            gateway.drop_all()
        await self.parts.close()
        self._log.close()

    async def _clear(self) -> None:
        """Of an engine that does not answer the run's own processes tell, when they look for what is left."""
        if self.engine is not None:
            with contextlib.suppress(ContainersUnavailable):
                await self.engine.clear()


@asynccontextmanager
async def client(trust: ssl.SSLContext | bool = True) -> AsyncGenerator[httpx.AsyncClient]:
    """To a server of this world: any number of connections, no time limit but the caller's."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    timeout = httpx.Timeout(None, connect=5.0)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=timeout, verify=trust) as opened:
        yield opened
