"""The systems of a world: they come up side by side where they can, on one another where they must."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

import httpx
from starlette.types import ASGIApp

from simulator.backends.certificates import Certificate
from simulator.backends.serving import Listener, serve
from simulator.clock import WallClock
from simulator.gateway.faults import Faults
from simulator.gateway.gateway import Gateway
from simulator.gateway.log import RequestLog
from simulator.gateway.s3 import S3
from simulator.gateway.service import Service
from simulator.gateway.ssm import Ssm
from simulator.gateway.upstream import HttpUpstream
from simulator.harness import clients, tenants
from simulator.harness.backend import Backend
from simulator.harness.control import Control
from simulator.harness.minted import Minted
from simulator.harness.order import Order
from simulator.harness.parts import Parts
from simulator.harness.phases import Phases
from simulator.harness.rundir import RunDirectory, write_private
from simulator.ssm import moto

BACKENDS, LISTENERS, ACTORS = 0, 1, 2
"""What stands on what; closed in the other direction."""


class Systems:
    """`endpoints` and `backends` grow while `come_up` goes on."""

    def __init__(self, order: Order, tell: Callable[[str], None]) -> None:
        self.phases = Phases(tell)
        self.endpoints: dict[str, Any] = {}
        self.backends: list[Backend] = []
        self._order = order
        self._directory = RunDirectory(order.run_dir)
        self._home = order.run_dir / "home"
        self._clock = WallClock(order.speed)
        self._faults = Faults(order.seed)
        self._minted = Minted()
        self._gateways: list[Gateway] = []

    async def come_up(
        self, parts: Parts, state: Callable[[], Mapping[str, Any]], end: Callable[[], None]
    ) -> None:
        """Return when everything accepts requests."""
        self._home.mkdir(mode=0o700)
        log_path = self._directory.logs / "gateway.jsonl"
        self.endpoints["gateway_log"] = str(log_path)
        log = await parts.open("request log", _opened(RequestLog(log_path)), stage=BACKENDS)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stores(parts, log))
            group.create_task(self._tenants())
        await self._control(parts, state, end)

    def drop_all(self) -> None:
        """Break every call under way, so that open streams do not delay the end."""
        for gateway in self._gateways:
            gateway.drop_all()

    async def _stores(self, parts: Parts, log: RequestLog) -> None:
        with self.phases.phase("ssm", "moto accepts requests"):
            child = await parts.open(
                "moto", moto.running(self._directory.logs / "moto.log", home=self._home), stage=BACKENDS
            )
            parts.run("moto ended", child.watch(), stage=ACTORS)
            client = await parts.open("moto client", _client(), stage=BACKENDS)
            upstream, callers = HttpUpstream(child.url, client), self._minted.aws_callers()
            ssm = await self._serve(parts, Ssm(callers), upstream, log)
            s3 = await self._serve(parts, S3(callers), upstream, log)
        config, credentials = clients.write_aws(
            self._order.run_dir / "aws", self._minted.portal_key, ssm.url, s3.url
        )
        self.endpoints |= {
            "ssm_url": ssm.url,
            "s3_url": s3.url,
            "aws_region": clients.REGION,
            "aws_config_file": str(config),
            "aws_credentials_file": str(credentials),
        }
        for name, real, url in (("ssm", "AWS SSM Parameter Store", ssm.url), ("s3", "AWS S3", s3.url)):
            self.backends.append(Backend(name, "moto", real, version("moto"), "", url, child.pid))

    async def _tenants(self) -> None:
        repository = self._order.run_dir / "tenants.git"
        with self.phases.phase("tenants", "repository made"):
            self.endpoints["tenants_repo"] = await tenants.make(
                repository, self._home, self._directory.logs / "git.log"
            )

    async def _control(
        self, parts: Parts, state: Callable[[], Mapping[str, Any]], end: Callable[[], None]
    ) -> None:
        token_file = self._order.run_dir / "control_token"
        write_private(token_file, self._minted.control_token)
        control = Control(self._minted.control_token, self._faults, state, end)
        listener = await parts.open("control", serve(control.app), stage=LISTENERS)
        self.endpoints |= {"control_url": listener.url, "control_token_file": str(token_file)}

    async def _serve(
        self,
        parts: Parts,
        service: Service,
        upstream: ASGIApp,
        log: RequestLog,
        certificate: Certificate | None = None,
    ) -> Listener:
        """Put a gateway in front of `upstream` and listen; over TLS when a certificate is given."""
        gateway = Gateway(service, upstream, log=log, faults=self._faults, clock=self._clock)
        self._gateways.append(gateway)
        files = {"cert": certificate.cert, "key": certificate.key} if certificate else {}
        return await parts.open(f"{service.name} gateway", serve(gateway, **files), stage=LISTENERS)


@asynccontextmanager
async def _opened(log: RequestLog) -> AsyncGenerator[RequestLog]:
    with log:
        yield log


@asynccontextmanager
async def _client() -> AsyncGenerator[httpx.AsyncClient]:
    """To a server of this world: any number of connections, no time limit but the caller's."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=32)
    timeout = httpx.Timeout(None, connect=5.0)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=timeout) as client:
        yield client
