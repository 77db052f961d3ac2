"""The four simulated systems of a world, each behind its gateway on a real socket, and what each holds."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.types import ASGIApp

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.gateway.faults import Faults
from simulator.gateway.gateway import Gateway
from simulator.gateway.kube import Kube
from simulator.gateway.log import RequestLog
from simulator.gateway.neon import BASE, Neon
from simulator.gateway.s3 import S3
from simulator.gateway.service import Service
from simulator.gateway.ssm import Ssm
from simulator.gateway.upstream import HttpUpstream
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from simulator.neon.service import NeonService
from simulator.ssm import moto
from simulator.ssm.inventory import Inventory
from tests.simulator.waiting import until

TOKEN, KEY, KEY_ID, SECRET, REGION = "faults-token", "simneon_faults", "LKIAFAULTS", "secret", "ap-south-1"
Holdings = dict[str, Any]
Sign = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class System:
    """One of them: how it is called, and, past its gateway, what it holds by name and how to empty it."""

    url: str
    sign: Sign
    holdings: Callable[[], Awaitable[Holdings]]
    empty: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Systems:
    """All of them, with the rules and the log they share."""

    by_name: Mapping[str, System]
    faults: Faults
    log: Path
    client: httpx.AsyncClient

    def request(
        self, service: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> httpx.Request:
        """A signed request to one of them."""
        system = self.by_name[service]
        signed = system.sign(method, system.url + path, headers, body)
        return self.client.build_request(method, system.url + path, headers=signed, content=body)

    async def recorded(self, rule_id: str) -> Any:
        """The line of the call a rule struck."""
        wanted = f'"fault":"{rule_id}"'.encode()
        await until(lambda: wanted in self.log.read_bytes())
        lines = self.log.read_bytes().splitlines()
        return orjson.loads(next(line for line in lines if wanted in line))


@asynccontextmanager
async def systems(directory: Path) -> AsyncIterator[Systems]:
    """All four, until the context ends."""
    clock, faults, log_file = WallClock(200), Faults(seed=5), directory / "gateway.jsonl"
    async with AsyncExitStack() as stack:
        log = stack.enter_context(RequestLog(log_file))
        client = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=30))

        async def opened(service: Service, app: ASGIApp) -> str:
            gateway = Gateway(service, app, log=log, faults=faults, clock=clock)
            return (await stack.enter_async_context(serve(gateway))).url

        neon = NeonService(clock, directory, Authority(directory / "pki"), 7, {KEY: "portal"})
        project = neon.seed_project("faults", suspend_timeout_seconds=-1)
        await stack.enter_async_context(neon.running())
        server = KubeServer(clock, {TOKEN: Identity("admin", ("system:masters",))}, wire=clock)
        await stack.enter_async_context(server.running())
        stack.push_async_callback(server.close)
        child = await stack.enter_async_context(moto.running(directory / "moto.log", home=directory))
        aws = HttpUpstream(child.url, client)
        beneath = await stack.enter_async_context(
            httpx.AsyncClient(transport=httpx.ASGITransport(aws), base_url="http://127.0.0.1")
        )
        inventory = Inventory(beneath, KEY_ID, SECRET, REGION)
        keys = {KEY_ID: "portal"}
        by_name = {
            "neon": System(
                await opened(Neon({KEY: "portal"}), neon.app) + f"{BASE}/projects/{project}",
                _bearer(KEY),
                lambda: _neon(neon),
                _leave,
            ),
            "ssm": System(
                await opened(Ssm(keys), aws),
                _signed,
                lambda: _parameters(inventory),
                inventory.clear_parameters,
            ),
            "s3": System(
                await opened(S3(keys), aws), _signed, lambda: _buckets(inventory), inventory.clear_buckets
            ),
            "kube": System(
                await opened(Kube({TOKEN: "portal"}), server.app),
                _bearer(TOKEN),
                lambda: _objects(server),
                _leave,
            ),
        }
        yield Systems(by_name, faults, log_file, client)


def _bearer(token: str) -> Sign:
    def sign(_method: str, _url: str, headers: Mapping[str, str], _body: bytes) -> Mapping[str, str]:
        return {**headers, "Authorization": f"Bearer {token}"}

    return sign


def _signed(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Mapping[str, str]:
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers))
    sign, service = (SigV4Auth, "ssm") if "X-Amz-Target" in headers else (S3SigV4Auth, "s3")
    sign(Credentials(KEY_ID, SECRET), service, REGION).add_auth(request)
    return dict(request.headers.items())


async def _leave() -> None:
    """Where looking costs the same however much there is."""


async def _neon(service: NeonService) -> Holdings:
    """Once no operation is under way: the password that opens, the owner, the endpoint's settings."""
    await until(lambda: not any(p["running"] for p in service.truth(bytes.hex)["projects"]))
    (project,) = service.truth(bytes.hex)["projects"]
    (branch,) = project["branches"]
    held: Holdings = {f"role {role['name']}": role["valid"] for role in branch["roles"] if role["applied"]}
    held |= {f"database {each['name']}": each["owner"] for each in branch["databases"] if each["applied"]}
    return held | {
        "endpoint": {key: value for key, value in project["endpoints"][0].items() if key != "pid"},
        "branch": branch["id"],
    }


async def _parameters(inventory: Inventory) -> Holdings:
    return {each["name"]: each for each in await inventory.parameters()}


async def _buckets(inventory: Inventory) -> Holdings:
    return {each["name"]: each["objects"] for each in await inventory.buckets()}


async def _objects(server: KubeServer) -> Holdings:
    """Namespaces and what was put into config maps."""
    held: Holdings = {}
    for plural in ("configmaps", "namespaces"):
        for key, stored in server.store.collection("", plural).items.items():
            held[f"{plural} {key}"] = {"uid": stored.metadata["uid"], "data": stored.value.get("data")}
    return held
