"""`python -m tests.bench.fleet.server DIRECTORY SERVICES`: three clusters and what stands beside them.

Prints one JSON line when everything accepts requests, then obeys lines of standard input: `change N GAP`
flips the readiness of one pod N times, `storm RATE SECONDS` restarts pods; each is answered by one line.
"""

import asyncio
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import orjson
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.harness.clients import write_kubeconfig
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.bench.fleet.outside import application, repository
from tests.bench.fleet.seed import COLLECTIONS, ENVIRONMENTS, Fleet, pod

MANIFESTS = Path(__file__).parents[3] / "manifests"
TOKEN = "bench"
_TICK = 0.02


class Clusters:
    """One server an environment, filled without controllers."""

    def __init__(self, fleet: Fleet, authority: Authority) -> None:
        viewer = {TOKEN: Identity("viewer", ("portal-viewers",))}
        self.fleet = fleet
        self.servers = {
            name: KubeServer(WallClock(), viewer, ca=authority.ca_file.read_text(), rbac=True)
            for name in ENVIRONMENTS
        }
        self.objects = sum(self._fill(name) for name in ENVIRONMENTS)

    def _fill(self, environment: str) -> int:
        store = self.servers[environment].store
        for definition in definitions():
            store.write(("apiextensions.k8s.io", "customresourcedefinitions"), definition)
        for plural, item in roles():
            store.write(("rbac.authorization.k8s.io", plural), item)
        items = list(self.fleet.objects(environment))
        for item in items:
            store.write(COLLECTIONS[item.pop("kind")], item)
        return len(items)

    def put(self, number: int, **more: Any) -> str:
        """Write a pod of one tenant anew; the tenant."""
        names, environments = self.fleet.names, list(ENVIRONMENTS)
        name, environment = names[number % len(names)], environments[number % len(environments)]
        item = pod(name, environment, "a", **more)
        item.pop("kind")
        self.servers[environment].store.write(COLLECTIONS["Pod"], item)
        return f"{name}/{environment}"

    async def change(self, count: int, gap: float) -> list[list[Any]]:
        """One pod at a time becomes unready, and ready again: tenant, state expected, when it was written."""
        told = []
        for number in range(count):
            ready = number % 2 == 1
            at = time.monotonic()
            tenant = self.put(7 * (number // 2), ready=ready)
            told.append([tenant, "healthy" if ready else "progressing", at])
            await asyncio.sleep(gap)
        return told

    async def storm(self, rate: int, seconds: float) -> int:
        """Restarts of pods all over the fleet, evenly spread."""
        began, done = time.monotonic(), 0
        while (passed := time.monotonic() - began) < seconds:
            while done < rate * passed:
                self.put(done * 13, restarts=1 + done // 100)
                done += 1
            await asyncio.sleep(_TICK)
        return done


def roles() -> Iterator[tuple[str, dict[str, Any]]]:
    """The viewer's role and its binding as they are stored, by plural."""
    for item in yaml.safe_load_all((MANIFESTS / "rbac" / "viewer.yaml").read_text()):
        parts = {key: item[key] for key in ("rules", "roleRef", "subjects") if key in item}
        name = item["metadata"]["name"]
        yield f"{item['kind'].lower()}s", {"metadata": {"name": name, "uid": name}, **parts}


def definitions() -> list[dict[str, Any]]:
    """The custom resources of the platform as they are stored; those of the cache in their bare form."""
    shipped = [yaml.safe_load(path.read_text()) for path in sorted((MANIFESTS / "crds").glob("*.yaml"))]
    made = [_definition(kind) for kind in ("DragonflyInstance", "XDragonflyInstance")]
    return [
        {**each, "metadata": {**each["metadata"], "uid": each["metadata"]["name"], "generation": 1}}
        for each in (*shipped, *made)
    ]


def _definition(kind: str) -> dict[str, Any]:
    plural, scope = f"{kind.lower()}s", "Cluster" if kind.startswith("X") else "Namespaced"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return {
        "metadata": {"name": f"{plural}.cache.bizmatters.io", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {
            "group": "cache.bizmatters.io",
            "scope": scope,
            "names": {"kind": kind, "listKind": f"{kind}List", "plural": plural, "singular": kind.lower()},
            "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": schema}],
        },
    }


async def _live(directory: Path, fleet: Fleet) -> None:
    authority = Authority(directory / "pki")
    clusters = Clusters(fleet, authority)
    certificate = authority.issue("kube", "127.0.0.1", "localhost")
    told: dict[str, Any] = {"objects": clusters.objects, "repository": repository(fleet, directory)}
    async with AsyncExitStack() as stack:
        for name, server in clusters.servers.items():
            await stack.enter_async_context(server.running())
            opened = serve(server.app, cert=certificate.cert, key=certificate.key)
            listener = await stack.enter_async_context(opened)
            path = directory / f"{name}.kubeconfig"
            write_kubeconfig(path, listener.url, authority.ca_file, {"token": TOKEN})
            told[name] = str(path)
        beside = await stack.enter_async_context(serve(application(fleet)))
        told |= {"neon": f"{beside.url}/neon", "ssm": beside.url}
        _say(told)
        await _obey(clusters)


async def _obey(clusters: Clusters) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode().split():
        match line:
            case ["change", count, gap]:
                _say(await clusters.change(int(count), float(gap)))
            case ["storm", rate, seconds]:
                _say(await clusters.storm(int(rate), float(seconds)))


def _say(document: Any) -> None:
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_live(Path(sys.argv[1]), Fleet(int(sys.argv[2]))))
