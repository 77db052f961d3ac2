"""A real API server over TLS with controllers running against it, and waits on what it holds."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

import httpx
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.errors import NotFound
from simulator.controllers.kinds import CUSTOM_RESOURCE_DEFINITION, EVENT, NAMESPACE, Kind, Object
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer

MANIFESTS = Path(__file__).parents[3] / "manifests"
SECONDS = 20.0
TOKEN = "controllers"


@dataclass(frozen=True)
class Cluster:
    """What a test talks to."""

    api: Api
    url: str
    ca_file: Path
    authority: Authority
    group: asyncio.TaskGroup
    tasks: "list[asyncio.Task[None]]"

    def run(self, *controllers: Coroutine[Any, Any, None]) -> None:
        """Run controllers until the test ends."""
        self.tasks.extend(self.group.create_task(each) for each in controllers)

    async def until(
        self, kind: Kind, name: str, namespace: str, wanted: Callable[[Object], object]
    ) -> Object:
        """The object once `wanted` holds for it, by watch; fails with its last state after 20 s."""
        last: Object | None = None
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    listing = await self.api.list(kind, namespace, fields=f"metadata.name={name}")
                    for last in listing.items:
                        if wanted(last):
                            return last
                    async with aclosing(self.api.watch(kind, namespace, version=listing.version)) as events:
                        async for event in events:
                            if (
                                event.type in {"ADDED", "MODIFIED"}
                                and event.object["metadata"]["name"] == name
                            ):
                                last = event.object
                                if wanted(last):
                                    return last
        except TimeoutError:
            raise AssertionError(f"{kind.kind} {namespace}/{name} never came to it; last: {last}") from None

    async def gone(self, kind: Kind, name: str, namespace: str = "") -> None:
        """Return once the object is not there any more."""
        async with asyncio.timeout(SECONDS):
            while True:
                version = (await self.api.list(kind, namespace)).version
                try:
                    await self.api.get(kind, name, namespace)
                except NotFound:
                    return
                async with aclosing(self.api.watch(kind, namespace, version=version)) as events:
                    async for event in events:
                        if event.type == "DELETED" and event.object["metadata"]["name"] == name:
                            break

    async def first(
        self, kind: Kind, namespace: str, labels: str, wanted: Callable[[Object], object]
    ) -> Object:
        """The first object of those labels for which `wanted` holds."""
        async with asyncio.timeout(SECONDS):
            while True:
                listing = await self.api.list(kind, namespace, labels=labels)
                for item in listing.items:
                    if wanted(item):
                        return item
                async with aclosing(
                    self.api.watch(kind, namespace, version=listing.version, labels=labels)
                ) as events:
                    async for event in events:
                        if event.type in {"ADDED", "MODIFIED"} and wanted(event.object):
                            return event.object

    async def event(self, about: str, reason: str, namespace: str = "default") -> Object:
        """The first Event about an object with that reason."""
        return await self.first(
            EVENT,
            namespace,
            "",
            lambda e: e["involvedObject"]["name"] == about and e["reason"] == reason,
        )

    async def log(self, pod: str, namespace: str = "default", **query: str) -> str:
        """What `pods/log` answers."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        async with httpx.AsyncClient(verify=context, trust_env=False) as client:
            answer = await client.get(
                f"{self.url}/api/v1/namespaces/{namespace}/pods/{pod}/log",
                headers={"Authorization": f"Bearer {TOKEN}"},
                params=query,
            )
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.text

    async def namespace(self, name: str) -> None:
        await self.api.apply(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})

    async def define(self, *names: str) -> None:
        """Register the CRDs of `manifests/crds` whose file names begin with one of `names`."""
        for path in sorted((MANIFESTS / "crds").glob("*.yaml")):
            if path.name.startswith(names):
                crd = yaml.safe_load(path.read_text())
                await self.api.apply(CUSTOM_RESOURCE_DEFINITION, crd)
                await self.until(CUSTOM_RESOURCE_DEFINITION, crd["metadata"]["name"], "", _established)

    async def apply_file(self, path: Path, **values: str) -> list[Object]:
        """Apply every document of a manifest file, its placeholders replaced by `values`."""
        return [await self.apply(document) for document in documents(path, **values)]

    async def apply(self, obj: Object) -> Object:
        kind = await self.api.resource(obj["apiVersion"], obj["kind"])
        return await self.api.apply(kind, obj)


@asynccontextmanager
async def cluster(directory: Path, clock: Clock) -> AsyncIterator[Cluster]:
    """An API server with nothing in it, and no controllers yet."""
    authority = Authority(directory / "ca")
    server = KubeServer(clock, {TOKEN: Identity("system:controller", ("system:masters",))})
    certificate = authority.issue("kube", "127.0.0.1", "localhost")
    async with (
        server.running(),
        serve(server.app, cert=certificate.cert, key=certificate.key) as listener,
        Api(listener.url, TOKEN, authority.ca_file, manager="test") as api,
    ):
        async with asyncio.TaskGroup() as group:
            world = Cluster(api, listener.url, authority.ca_file, authority, group, [])
            try:
                yield world
            finally:
                for task in world.tasks:
                    task.cancel()
        await server.close()


def documents(path: Path, **values: str) -> list[Object]:
    """Every document of a manifest file, its placeholders replaced by `values`."""
    text = Template(path.read_text()).safe_substitute(values)
    return [document for document in yaml.safe_load_all(text) if document]


def _established(crd: Object) -> bool:
    conditions: list[Any] = (crd.get("status") or {}).get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)


def pod(name: str, **container: Any) -> Object:
    """A pod of one container `app`; `policy` and other pod fields come by `spec`."""
    spec = container.pop("spec", {})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": name}},
        "spec": {
            "containers": [{"name": "app", "image": "ghcr.io/bizmatters/app:1", **container}],
            **spec,
        },
    }
