"""The API server alone: start, creates, a long list, a crowd of watchers, memory; the bare wire beside."""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop
import yaml

from tests.bench.figures import ROOT, floor, told
from tests.bench.wire import Connection, in_flight
from tests.simulator.harness.worlds import World

START_SECONDS, CREATES, LIST_MS, DELIVERY_MS, RSS_MB = 0.4, 2000, 60, 20, 180
OBJECTS, MORE, IN_FLIGHT = 5000, 30_000, 16
WATCHERS, PATCHES, RATE = 50, 600, 200
APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/default/applications"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = ROOT / "manifests" / "crds" / "applications.argoproj.io.yaml"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens and how to be let in."""

    port: int
    ca: Path
    token: str = ""
    pid: int = 0

    async def connected(self, count: int) -> list[Connection]:
        return [await Connection.open(self.port, self.ca, self.token) for _ in range(count)]


def lines() -> Iterator[str]:
    """Every figure of the API server."""
    with tempfile.TemporaryDirectory() as directory:
        yield from _start(Path(directory))
        with _alone(Path(directory)) as server, _bare(Path(directory)) as bare:
            for measure in (_creates, _list, _deliveries, _memory):
                yield from uvloop.run(_gathered(measure(server, bare)))


async def _gathered(figures: AsyncIterator[str]) -> list[str]:
    return [line async for line in figures]


def _start(directory: Path) -> Iterator[str]:
    """From the command to its line of output: two processes, of which the second serves."""
    least, taken, inside = floor(), [], []
    for _ in range(5):
        began = time.perf_counter()
        with World(directory / "tmp", "--only", "kubernetes", "--no-kubelet") as world:
            taken.append(time.perf_counter() - began)
            inside.append(world.told["phases"][0]["seconds"])
    yield told("start to ready", sorted(taken)[2], "s", START_SECONDS, sorted(taken)[2] / least)
    yield told("  of it in the process that serves", sorted(inside)[2], "s")


@contextmanager
def _alone(directory: Path) -> Iterator[Place]:
    with World(directory / "tmp", "--only", "kubernetes", "--no-kubelet") as world:
        config = yaml.safe_load(Path(world.told["kubeconfig"]).read_text())
        port = int(world.told["kubernetes_url"].rpartition(":")[2])
        place = Place(port, world.run_dir / "pki" / "ca.crt", config["users"][0]["user"]["token"], world.pid)
        asyncio.run(_define(place))
        yield place


async def _define(place: Place) -> None:
    (connection,) = await place.connected(1)
    status, answer = await connection.send("POST", CRDS, json.dumps(yaml.safe_load(CRD.read_text())).encode())
    assert status == 201, answer
    while (await connection.send("GET", APPLICATIONS))[0] != 200:
        pass
    await connection.close()


@contextmanager
def _bare(directory: Path) -> Iterator[Place]:
    place = directory / "bare"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bare", str(place)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Place(int(process.stdout.readline()), place / "ca.crt", pid=process.pid)
        process.stdin.close()


def application(name: str) -> bytes:
    """About two kilobytes, as one of the platform's is once it was synced."""
    resources = [
        {
            "group": "apps",
            "version": "v1",
            "kind": kind,
            "namespace": "default",
            "name": name,
            "status": "Synced",
        }
        for kind in ("Deployment", "ExternalSecret", "Service", "ServiceAccount", "DragonflyInstance")
    ]
    source = {
        "repoURL": "https://git.example/tenants.git",
        "path": f"tenants/{name}",
        "targetRevision": "main",
    }
    status = {
        "sync": {
            "status": "Synced",
            "revision": "0" * 40,
            "comparedTo": {"source": source, "destination": {}},
        },
        "health": {"status": "Healthy"},
        "resources": resources,
        "history": [
            {"id": at, "revision": "0" * 40, "deployedAt": "2026-01-01T00:00:00Z", "source": source}
            for at in range(2)
        ],
    }
    spec = {
        "project": "default",
        "source": source,
        "destination": {"server": "https://kubernetes.default.svc", "namespace": "default"},
        "syncPolicy": {"automated": {"prune": True, "selfHeal": True}},
    }
    labels = {"tenant": name, "environment": "dev"}
    made = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": name, "labels": labels},
    }
    return json.dumps({**made, "spec": spec, "status": status}).encode()


async def _post(path: str, body: bytes, connection: Connection) -> None:
    status, answer = await connection.send("POST", path, body)
    assert status == 201, answer[:500]


async def _rate(place: Place, path: str, names: list[str]) -> tuple[float, float]:
    """Creates a second, and the server's processor time for one, in seconds."""
    connections = await place.connected(IN_FLIGHT)
    work = [partial(_post, path, application(name)) for name in names]
    before, began = processor(place.pid), time.perf_counter()
    await in_flight(connections, work)
    taken, used = time.perf_counter() - began, processor(place.pid) - before
    for connection in connections:
        await connection.close()
    return len(names) / taken, used / len(names)


async def _creates(server: Place, bare: Place) -> AsyncIterator[str]:
    names = [f"app-{number:05}" for number in range(OBJECTS)]
    least, used_least = await _rate(bare, "/", names)
    rate, used = await _rate(server, APPLICATIONS, names)
    yield told("bare wire: creates", least, "/s") + f"  {used_least * 1e6:7.0f} us of processor time each"
    yield (
        told("creates, 16 in flight", rate, "/s", CREATES)
        + f"  {used * 1e6:7.0f} us, 1/{least / rate:.1f} of the floor"
    )


async def _median(place: Place, path: str, status: int) -> tuple[float, int]:
    (connection,) = await place.connected(1)
    taken, size = [], 0
    for _ in range(7):
        began = time.perf_counter()
        code, body = await connection.send("GET", path)
        taken.append(time.perf_counter() - began)
        assert code == status
        size = len(body)
    await connection.close()
    return sorted(taken)[len(taken) // 2] * 1000, size


async def _list(server: Place, bare: Place) -> AsyncIterator[str]:
    taken, size = await _median(server, APPLICATIONS, 200)
    least, _ = await _median(bare, f"/list?{size}", 201)
    yield told(f"bare wire: {size / 1e6:.1f} MB", least, "ms")
    yield told(f"list of {OBJECTS} Applications", taken, "ms", LIST_MS, taken / least)


async def _delivered(place: Place, watch: str, send: Any) -> tuple[float, float, int]:
    """Milliseconds from before a patch is sent until a watcher has it: median, p99, how many were seen."""
    watchers = await place.connected(WATCHERS)
    sent: list[float] = []
    delays: list[float] = []
    done = asyncio.Event()

    async def follow(watcher: Connection) -> None:
        seen = 0
        async for piece in watcher.lines(watch):
            now = time.perf_counter()
            for line in piece.splitlines():
                at = int(line.partition(b"mark-")[2][:6] or b"0")
                delays.append((now - sent[at]) * 1000)
                seen += 1
            if seen >= PATCHES:
                return

    following = [asyncio.create_task(follow(watcher)) for watcher in watchers]
    (writer,) = await place.connected(1)
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    for at in range(PATCHES):
        await asyncio.sleep(max(0.0, began + at / RATE - time.perf_counter()))
        sent.append(time.perf_counter())
        await send(writer, at)
    async with asyncio.timeout(30):
        await asyncio.gather(*following)
    done.set()
    for connection in (*watchers, writer):
        await connection.close()
    delays.sort()
    return delays[len(delays) // 2], delays[int(len(delays) * 0.99)], len(delays)


async def _deliveries(server: Place, bare: Place) -> AsyncIterator[str]:
    async def patch(writer: Connection, at: int) -> None:
        body = json.dumps({"metadata": {"annotations": {"mark": f"mark-{at:06}"}}}).encode()
        status, answer = await writer.send(
            "PATCH", f"{APPLICATIONS}/app-{at % 100:05}", body, "application/merge-patch+json"
        )
        assert status == 200, answer[:500]

    size = len(application("app-00000")) * 2

    async def post(writer: Connection, at: int) -> None:
        await writer.send("POST", "/", f"mark-{at:06}".encode().ljust(size) + b"\n")

    (asking,) = await server.connected(1)
    _, body = await asking.send("GET", f"{APPLICATIONS}?limit=1")
    await asking.close()
    version = json.loads(body)["metadata"]["resourceVersion"]
    middle, last, _ = await _delivered(bare, "/watch", post)
    yield told("bare wire: delivery, median", middle, "ms ") + f"  p99 {last:.1f} ms"
    before, began = processor(server.pid), time.perf_counter()
    middle, last, seen = await _delivered(server, f"{APPLICATIONS}?watch=1&resourceVersion={version}", patch)
    busy = (processor(server.pid) - before) / (time.perf_counter() - began)
    yield told(f"delivery to {WATCHERS} watchers at {RATE}/s, median", middle, "ms ") + f"  {seen} events"
    yield told("  p99", last, "ms ", DELIVERY_MS) + f"  {busy:.0%} of a processor"


async def _memory(server: Place, _bare_wire: Place) -> AsyncIterator[str]:
    yield told(f"RSS with {OBJECTS} Applications", resident(server.pid), "MB")
    names = [f"app-{number:05}" for number in range(OBJECTS, MORE)]
    await _rate(server, APPLICATIONS, names)
    yield told(f"RSS with {MORE} Applications", resident(server.pid), "MB", RSS_MB)


def processor(pid: int) -> float:
    """Seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident(pid: int) -> float:
    """Megabytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
