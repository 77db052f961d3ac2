"""Pods as containers of an engine: what the API says is what runs, and what ran is what the API says."""

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from simulator.backends.containers import network, wire
from simulator.backends.containers.engine import Engine
from simulator.clock import WallClock
from simulator.controllers import virtual_kubelet, workloads
from simulator.controllers.conditions import is_true
from simulator.controllers.kinds import POD, SECRET, SERVICE, Object
from simulator.controllers.runtime.containers import ContainerRuntime
from tests.simulator.controllers.cluster import Cluster, cluster, pod
from tests.simulator.engines import images, opened

pytestmark = pytest.mark.containers
IMAGE = images().localstack
"""It has a Python, wherever it comes from."""
SERVER = """
import http.server, os, signal, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404); self.end_headers()
    def log_message(self, *_): pass
signal.signal(signal.SIGTERM, lambda *_: (print("asked to end", flush=True), sys.exit(0)))
print("greeting", os.environ["GREETING"], flush=True)
http.server.HTTPServer(("", 8000), Handler).serve_forever()
"""
PORTS = [{"containerPort": 8000, "name": "http"}]
READY = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 2, "timeoutSeconds": 5}


@dataclass(frozen=True)
class World:
    """A cluster whose node runs containers, and their engine."""

    cluster: Cluster
    engine: Engine

    async def state(self, name: str, wanted: str, reason: str = "") -> Object:
        """The first container's state, once it is of that kind and reason."""

        def held(found: Object) -> bool:
            state = _state(found).get(wanted)
            return state is not None and (not reason or state.get("reason") == reason)

        return dict(_state(await self.cluster.until(POD, name, "default", held))[wanted])

    def inspect(self, found: Object) -> Any:
        identifier = found["status"]["containerStatuses"][0]["containerID"].removeprefix("docker://")
        return wire.call(self.engine.url, "GET", f"/containers/{identifier}/json")[1]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with opened(tmp_path, "localstack", "dragonfly") as engine, network.made(engine) as made:
        runtime = ContainerRuntime(engine, images().dragonfly, "docker://test", made)
        clock = WallClock(20)
        async with cluster(tmp_path, clock) as running:
            running.run(
                workloads.run(running.api, clock),
                virtual_kubelet.run(running.api, clock, run_dir=tmp_path, runtime=runtime),
            )
            yield World(running, engine)
        await runtime.close()


def python(name: str, code: str, **more: Any) -> Object:
    return pod(name, image=IMAGE, command=["python3", "-u", "-c"], args=[code], **more)


def _state(found: Object) -> Object:
    statuses = (found.get("status") or {}).get("containerStatuses") or [{"state": {}}]
    return dict(statuses[0]["state"])


async def test_a_pod_runs_its_image_with_the_environment_of_the_api_and_is_probed(world: World) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "words", "namespace": "default"},
        "stringData": {"GREETING": "hello from a secret"},
    }
    await world.cluster.api.create(SECRET, secret)
    source = [{"secretRef": {"name": "words"}}]
    await world.cluster.api.create(
        POD, python("web", SERVER, envFrom=source, ports=PORTS, readinessProbe=READY)
    )
    live = await world.cluster.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    assert "greeting hello from a secret" in await world.cluster.log("web")
    found = world.inspect(live)
    assert found["Config"]["Hostname"] == "web"
    assert "GREETING=hello from a secret" in found["Config"]["Env"]
    assert {b["HostIp"] for b in found["NetworkSettings"]["Ports"]["8000/tcp"]} == {"127.0.0.1"}
    event = await world.cluster.event("web", "Pulled")
    assert event["message"] == f'Container image "{IMAGE}" already present on machine'


async def test_a_deleted_pod_is_asked_to_end_and_its_container_is_gone(world: World, tmp_path: Path) -> None:
    env = [{"name": "GREETING", "value": "x"}]
    await world.cluster.api.create(POD, python("web", SERVER, env=env, ports=PORTS, readinessProbe=READY))
    live = await world.cluster.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    await world.cluster.api.delete(POD, "web", "default")
    await world.cluster.gone(POD, "web", "default")
    assert "asked to end" in next((tmp_path / "logs" / "pods").rglob("0.log")).read_text()
    assert "message" in world.inspect(live)


async def test_one_that_does_not_end_is_killed_after_its_grace(world: World) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); time.sleep(999)"
    await world.cluster.api.create(POD, python("deaf", code, spec={"terminationGracePeriodSeconds": 10}))
    await world.state("deaf", "running")
    await world.cluster.api.delete(POD, "deaf", "default")
    await world.cluster.gone(POD, "deaf", "default")


async def test_exit_codes_restarts_and_back_off_are_told(world: World) -> None:
    await world.cluster.api.create(POD, python("crash", "print('no'); raise SystemExit(3)"))
    await world.state("crash", "waiting", "CrashLoopBackOff")
    live = await world.cluster.api.get(POD, "crash", "default")
    status = live["status"]["containerStatuses"][0]
    assert status["restartCount"] >= 1
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert "no" in await world.cluster.log("crash", previous="true")


async def test_init_containers_run_to_their_end_first_and_share_empty_directories(world: World) -> None:
    mount = [{"name": "shared", "mountPath": "/shared"}]
    first = {
        "name": "first",
        "image": IMAGE,
        "command": ["sh", "-c", "echo from-init > /shared/word"],
        "volumeMounts": mount,
    }
    spec = {"initContainers": [first], "volumes": [{"name": "shared", "emptyDir": {}}]}
    code = "import time; print(open('/shared/word').read()); time.sleep(999)"
    await world.cluster.api.create(POD, python("second", code, volumeMounts=mount, spec=spec))
    await world.state("second", "running")
    async with asyncio.timeout(20):
        while "from-init" not in await world.cluster.log("second"):  # noqa: ASYNC110 - a log is seen by polling
            await asyncio.sleep(0.05)


async def test_one_that_uses_more_memory_than_its_limit_is_told_as_out_of_memory(world: World) -> None:
    limits = {"limits": {"memory": "32Mi"}}
    code = "print('x'); held = bytearray(256 * 1024 * 1024); print(len(held))"
    await world.cluster.api.create(
        POD, python("greedy", code, resources=limits, spec={"restartPolicy": "Never"})
    )
    ended = await world.state("greedy", "terminated")
    assert (ended["reason"], ended["exitCode"]) == ("OOMKilled", 137)


async def test_a_killed_container_is_started_again(world: World) -> None:
    await world.cluster.api.create(POD, python("hit", "import time; time.sleep(999)"))
    await world.state("hit", "running")
    live = await world.cluster.api.get(POD, "hit", "default")
    wire.call(world.engine.url, "POST", f"/containers/{world.inspect(live)['Id']}/kill")
    again = await world.cluster.until(
        POD, "hit", "default", lambda p: p["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    assert again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137
    await world.state("hit", "running")


async def test_a_removed_container_is_started_again(world: World) -> None:
    await world.cluster.api.create(POD, python("taken", "import time; time.sleep(999)"))
    await world.state("taken", "running")
    live = await world.cluster.api.get(POD, "taken", "default")
    wire.call(world.engine.url, "DELETE", f"/containers/{world.inspect(live)['Id']}?force=1")
    await world.cluster.until(
        POD, "taken", "default", lambda p: p["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    await world.state("taken", "running")


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        pytest.param("IfNotPresent", "ErrImagePull", id="fetched"),
        pytest.param("Never", "ErrImageNeverPull", id="may not be fetched"),
    ],
)
async def test_an_image_that_cannot_be_had_is_told_in_the_engines_words(
    world: World, policy: str, reason: str
) -> None:
    absent = pod("imageless", image="localhost:1/absent:1", imagePullPolicy=policy)
    await world.cluster.api.create(POD, absent)
    told = await world.state("imageless", "waiting", reason)
    words = "localhost:1/v2/" if reason == "ErrImagePull" else "not present with pull policy of Never"
    assert words in told["message"]
    if reason == "ErrImagePull":
        await world.state("imageless", "waiting", "ImagePullBackOff")


async def test_a_program_that_is_not_there_is_told_as_a_failed_start(world: World) -> None:
    await world.cluster.api.create(POD, pod("wrong", image=IMAGE, command=["/no/such/program"]))
    told = await world.state("wrong", "waiting", "RunContainerError")
    assert "/no/such/program" in told["message"]


async def test_a_command_probe_is_run_inside_the_container(world: World) -> None:
    probe = {"exec": {"command": ["sh", "-c", "echo not yet; test -e /ready"]}, "periodSeconds": 2}
    code = "import time; time.sleep(999)"
    await world.cluster.api.create(POD, python("asked", code, readinessProbe=probe))
    event = await world.cluster.event("asked", "Unhealthy")
    assert event["message"] == "Readiness probe failed: not yet"
    live = await world.cluster.api.get(POD, "asked", "default")
    identifier = world.inspect(live)["Id"]
    await world.engine.call(
        "touching", lambda client: client.containers.get(identifier).exec_run(["touch", "/ready"])
    )
    await world.cluster.until(POD, "asked", "default", lambda p: is_true(p, "Ready"))


async def test_containers_find_one_another_by_the_names_of_services(world: World) -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 8000}]},
    }
    env = [{"name": "GREETING", "value": "x"}]
    await world.cluster.api.create(POD, python("web", SERVER, env=env, ports=PORTS, readinessProbe=READY))
    await world.cluster.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    await world.cluster.api.create(SERVICE, service)
    code = """
import time, urllib.request
for name in ("web", "web.default", "web.default.svc", "web.default.svc.cluster.local"):
    for _ in range(200):
        try:
            print(name, urllib.request.urlopen(f"http://{name}:8000/ready", timeout=2).status)
            break
        except OSError as error:
            last = error
            time.sleep(0.05)
    else:
        raise last
"""
    await world.cluster.api.create(POD, python("client", code, spec={"restartPolicy": "Never"}))
    ended = await world.state("client", "terminated")
    assert ended["exitCode"] == 0, await world.cluster.log("client")
    assert (await world.cluster.log("client")).count("200") == 4
    await world.cluster.until(POD, "web", "default", lambda p: is_true(p, "Ready"))


async def test_dragonflys_images_are_the_pinned_one_and_keep_their_password_to_themselves(
    world: World,
) -> None:
    password = "not-in-an-argument"
    image = "docker.dragonflydb.io/dragonflydb/dragonfly:latest"
    cache = pod(
        "cache",
        image=image,
        args=["--dir=/data"],
        env=[{"name": "DFLY_requirepass", "value": password}],
        ports=[{"containerPort": 6379}],
        readinessProbe={"tcpSocket": {"port": 6379}, "periodSeconds": 2},
    )
    await world.cluster.api.create(POD, cache)
    live = await world.cluster.until(POD, "cache", "default", lambda p: is_true(p, "Ready"))
    found = world.inspect(live)
    assert found["Config"]["Image"] == images().dragonfly
    assert found["Config"]["Cmd"] == ["--dir=/data"]
    port = int(found["NetworkSettings"]["Ports"]["6379/tcp"][0]["HostPort"])
    assert await _says(port, b"PING\r\n") == b"-NOAUTH Authentication required.\r\n"
    assert await _says(port, f"AUTH {password}\r\n".encode()) == b"+OK\r\n"


async def _says(port: int, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    answer = await reader.readline()
    writer.close()
    return answer


@contextmanager
def registry() -> Iterator[tuple[str, list[str]]]:
    """A registry that asks who one is, notes the answer and has no image."""
    told: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            who = self.headers.get("Authorization")
            told.extend([who] if who else [])
            self.send_response(404 if who else 401)
            self.send_header("WWW-Authenticate", 'Basic realm="test"')
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - the name the server looks for

        def log_message(self, *_: object) -> None:
            """What is asked is noted."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}", told
        server.shutdown()
        thread.join()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an engine has a loopback of its own")
async def test_an_image_is_fetched_as_whom_the_pull_secret_names(world: World) -> None:
    with registry() as (host, told):
        document = {"auths": {host: {"username": "me", "password": "word"}}}
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/dockerconfigjson",
            "metadata": {"name": "pull", "namespace": "default"},
            "stringData": {".dockerconfigjson": json.dumps(document)},
        }
        await world.cluster.api.create(SECRET, secret)
        spec = {"imagePullSecrets": [{"name": "pull"}]}
        await world.cluster.api.create(POD, pod("private", image=f"{host}/private:1", spec=spec))
        await world.state("private", "waiting", "ImagePullBackOff")
        assert set(told) == {f"Basic {base64.b64encode(b'me:word').decode()}"}
