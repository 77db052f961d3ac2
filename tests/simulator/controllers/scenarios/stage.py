"""A cluster on which all controllers act, with a repository, a Parameter Store and three nodes."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.controllers import crossplane, external_secrets, virtual_kubelet, workloads
from simulator.controllers.api import Api
from simulator.controllers.argocd import controller as argocd
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.kinds import Kind
from simulator.controllers.runtime.interface import Ended, Launch, Runtime
from simulator.controllers.runtime.processes import ProcessRuntime
from simulator.controllers.runtime.processless import ProcesslessRuntime, usual
from simulator.harness import platform
from simulator.harness.minted import AccessKey
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from simulator.ssm import moto
from tests.simulator.controllers.argocd.conftest import Tenants
from tests.simulator.controllers.external_secrets.test_operator import REGION

SPEED = 12.0
CALLERS = ("scenario", "argocd", "external-secrets", "crossplane", "workloads", "kubelet")
PROCESSLESS, PROCESSES, SILENT = "rehearsal", "workshop", "upstairs"
_ENDS = re.compile(r":ends-(\d+)$")


def course(launch: Launch) -> Ended | None:
    """An image tagged `ends-N` ends with that status."""
    told = _ENDS.search(launch.image)
    return Ended(int(told[1])) if told else usual(launch)


@dataclass(slots=True)
class Refusals:
    """Stands before the API server and refuses what it is told to refuse."""

    app: ASGIApp
    denied: set[tuple[str, str, str]] = field(default_factory=set)
    """Caller, resource and namespace."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused = self._refused(scope) if scope["type"] == "http" else ""
        if not refused:
            await self.app(scope, receive, send)
            return
        status = {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": "Forbidden",
            "code": 403,
        }
        body = orjson.dumps({**status, "metadata": {}, "message": refused})
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 403, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _refused(self, scope: Scope) -> str:
        found = re.fullmatch(
            r"/(?:api|apis/(?P<group>[^/]+))/[^/]+/namespaces/(?P<ns>[^/]+)/(?P<kind>[^/]+)(?:/(?P<name>[^/]+))?",
            scope["path"],
        )
        caller = dict(scope["headers"]).get(b"user-agent", b"").decode()
        if (
            found is None
            or scope["method"] == "GET"
            or (caller, found["kind"], found["ns"]) not in self.denied
        ):
            return ""
        group, verb = found["group"] or "", "create" if scope["method"] == "POST" else "patch"
        resource = f"{found['kind']}.{group}" if group else found["kind"]
        named = f'{resource} "{found["name"]}"' if found["name"] else resource
        return (
            f'{named} is forbidden: User "{caller}" cannot {verb} resource "{found["kind"]}" in API group'
            f' "{group}" in the namespace "{found["ns"]}"'
        )


@dataclass(slots=True)
class Stage:
    """What a scenario is played on."""

    api: Api
    clock: WallClock
    tenants: Tenants
    ssm: str
    url: str
    ca: Path
    client: httpx.AsyncClient
    refusals: Refusals
    kubelet: Api
    directory: Path
    group: asyncio.TaskGroup
    nodes: "dict[str, asyncio.Task[None]]" = field(default_factory=dict)
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1))
    committing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def parameter(self, operation: str, **body: object) -> None:
        headers = {"X-Amz-Target": f"AmazonSSM.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        scope = f"test/20260131/{REGION}/ssm/aws4_request"
        headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        answer = await self.client.post(self.ssm, json=body, headers=headers)
        assert answer.status_code == httpx.codes.OK, answer.text

    async def commit(self, files: dict[str, str | None]) -> None:
        """One commit after the other."""
        async with self.committing:
            await asyncio.get_running_loop().run_in_executor(self.pool, self.tenants.commit, files)

    def speak(self, name: str) -> None:
        """Let a node be there."""
        runtime: Runtime = ProcessRuntime() if name == PROCESSES else ProcesslessRuntime(course)
        run = virtual_kubelet.run(
            self.kubelet, self.clock, run_dir=self.directory, name=name, runtime=runtime
        )
        self.nodes[name] = self.group.create_task(run)

    async def silence(self, name: str) -> None:
        """Let a node be there no more, without a word."""
        task = self.nodes.pop(name)
        task.cancel()
        await asyncio.wait({task})

    async def kind(self, name: str) -> Kind:
        """Where a kind is served, by its name alone."""
        for api_version in _GROUPS:
            with_it = await self._kinds(api_version)
            if name in with_it:
                return with_it[name]
        raise AssertionError(f"nobody serves {name}")

    async def _kinds(self, api_version: str) -> dict[str, Kind]:
        names = _GROUPS[api_version]
        return {name: await self.api.resource(api_version, name) for name in names}


_GROUPS: dict[str, Sequence[str]] = {
    "v1": ("Pod", "Secret", "ConfigMap", "Node", "PersistentVolumeClaim", "Event"),
    "apps/v1": ("Deployment", "ReplicaSet"),
    "batch/v1": ("Job", "CronJob"),
    "argoproj.io/v1alpha1": ("Application", "ApplicationSet", "AppProject"),
    "external-secrets.io/v1": ("ExternalSecret", "SecretStore", "ClusterSecretStore"),
    "cache.bizmatters.io/v1alpha1": ("DragonflyInstance", "XDragonflyInstance"),
    "kubernetes.crossplane.io/v1alpha2": ("Object",),
}
KINDS = tuple((api_version, name) for api_version, names in _GROUPS.items() for name in names)


@asynccontextmanager
async def stage(directory: Path) -> AsyncIterator[Stage]:
    """The platform, bootstrapped as a world does it; ready once its store, its definition and a node are."""
    clock = WallClock(SPEED)
    authority = Authority(directory / "pki")
    leaf = authority.issue("kube", "127.0.0.1")
    tokens = {caller: Identity(f"system:{caller}", ("system:masters",)) for caller in CALLERS}
    server = KubeServer(clock, tokens)
    refusals = Refusals(server.app)
    home = directory / "moto"
    home.mkdir()
    tenants = _tenants(directory)
    async with (
        server.running(),
        serve(refusals, cert=leaf.cert, key=leaf.key) as listener,
        moto.running(directory / "moto.log", home=home) as ssm,
        httpx.AsyncClient(trust_env=False) as client,
        _apis(listener.url, authority.ca_file) as apis,
    ):
        own = apis["scenario"]
        await platform.define(own, {})
        async with asyncio.TaskGroup() as group:
            at = (listener.url, authority.ca_file)
            kubelet = apis["kubelet"]
            made = Stage(own, clock, tenants, ssm.url, *at, client, refusals, kubelet, directory, group)
            settings = Settings(cache=directory / "cache", git_poll=6.0, refresh=600.0)
            acting = [
                group.create_task(argocd.run(apis["argocd"], clock, settings)),
                group.create_task(external_secrets.run(apis["external-secrets"], clock, endpoint=ssm.url)),
                group.create_task(crossplane.run(apis["crossplane"], clock)),
                group.create_task(workloads.run(apis["workloads"], clock)),
            ]
            for name in (PROCESSLESS, PROCESSES, SILENT):
                made.speak(name)
            await platform.apply(own, AccessKey(), platform.Setting("dev", tenants.url))
            await platform.ready(own)
            try:
                yield made
            finally:
                for task in (*acting, *made.nodes.values()):
                    task.cancel()
                made.pool.shutdown()
    await server.close()


@asynccontextmanager
async def _apis(url: str, ca: Path) -> AsyncIterator[dict[str, Api]]:
    apis = {caller: Api(url, caller, ca, manager=caller) for caller in CALLERS}
    try:
        yield apis
    finally:
        for api in apis.values():
            await api.close()


def _tenants(directory: Path) -> Tenants:
    bare, folder = directory / "tenants.git", directory / "working"
    folder.mkdir()
    repository = Tenants(folder, bare.as_uri())
    repository.git("init", "--quiet", "--bare", "-b", "main", str(bare))
    repository.git("init", "--quiet", "-b", "main")
    repository.commit({"tenants/.gitkeep": ""})
    return repository
