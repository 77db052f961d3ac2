"""A fleet deployed from an empty cluster by the controllers, and what they take once nothing changes.

The API server with the workload controllers is one process; ArgoCD, External Secrets, Crossplane and a node
whose pods are nothing but their state are this one. Parameter Store is a server that has every parameter.
"""

import asyncio
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import uvloop
import yaml
from starlette.types import Receive, Scope, Send

from simulator.backends import collecting, kubeconfig
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.controllers import crossplane, external_secrets, virtual_kubelet
from simulator.controllers.api import Api
from simulator.controllers.argocd import controller as argocd
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.informer import Informer
from simulator.controllers.kinds import Object
from simulator.controllers.runtime.processless import ProcesslessRuntime
from simulator.harness import platform
from simulator.harness.minted import AccessKey
from tests.bench.figures import floor, told
from tests.manifests.rendering import MANIFESTS, tenant_files

TENANTS = int(os.environ.get("FLEET", "300"))
"""Fewer for a quick look: `FLEET=30 make bench ARGS=controllers`."""
LIMIT_SECONDS, LIMIT_SHARE = 60.0, 5.0
GIVE_UP_SECONDS, SETTLE_SECONDS, STEADY_SECONDS = 900.0, 10.0, 30.0
CALLERS = ("platform", "argocd", "external-secrets", "crossplane", "kubelet")
SERVER, OWN, CHILDREN = "API server, workloads", "ArgoCD, ESO, Crossplane, node", "git and kustomize"
_TICKS = os.sysconf("SC_CLK_TCK")
_EXAMPLE = MANIFESTS / "examples" / "identity-service.yaml"


def lines() -> Iterator[str]:
    """Seconds until every tenant is Synced and Healthy, and the share of a core afterwards."""
    least = floor()
    yield told("python -c pass", least * 1000, "ms")
    collecting.seldom()  # as a world does
    with tempfile.TemporaryDirectory() as directory:
        yield from uvloop.run(_measured(Path(directory)))


async def _measured(directory: Path) -> list[str]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(_api_server(directory / "kube"))
        access = kubeconfig.read(directory / "kube" / "kubeconfig", "")
        apis = {
            name: await stack.enter_async_context(
                Api(access.server, access.token, access.tls(directory), manager=name)
            )
            for name in CALLERS
        }
        parameters = await stack.enter_async_context(serve(_parameter))
        repository = _repository(directory)
        async with asyncio.TaskGroup() as group:
            acting = await _act(group, directory, apis, parameters.url)
            await platform.apply(apis["platform"], AccessKey(), platform.Setting("dev", repository.as_uri()))
            await platform.ready(apis["platform"])
            applications = Informer(apis["platform"], WallClock(), APPLICATION, namespace="argocd")
            acting.append(group.create_task(applications.run()))
            await applications.synced.wait()
            figures = [*await _deployed(directory, applications, server), *await _steady(server)]
            for task in acting:
                task.cancel()
    return figures


async def _deployed(directory: Path, applications: Informer, server: int) -> list[str]:
    before, began = _spent(server), time.monotonic()
    _commit(directory / "working")
    await _all_well(applications)
    taken, after = time.monotonic() - began, _spent(server)
    figures = [told(f"{TENANTS} tenants Synced and Healthy", taken, "s", LIMIT_SECONDS)]
    return figures + [told(f"  processor, {name}", after[name] - before[name], "s") for name in before]


async def _steady(server: int) -> list[str]:
    await asyncio.sleep(SETTLE_SECONDS)
    before, began = _spent(server), time.monotonic()
    await asyncio.sleep(STEADY_SECONDS)
    after, seconds = _spent(server), time.monotonic() - began
    shares = {name: 100 * (after[name] - before[name]) / seconds for name in before}
    figures = [told(f"  of a core, {name}", share, "%") for name, share in shares.items()]
    return [told("steady, of a core", sum(shares.values()), "%", LIMIT_SHARE), *figures]


async def _all_well(applications: Informer) -> None:
    """Every tenant's Application and that of their namespaces."""
    changed = asyncio.Event()
    applications.on_change(lambda _: changed.set())
    async with asyncio.timeout(GIVE_UP_SECONDS):
        while sum(map(_well, applications)) <= TENANTS:
            await changed.wait()
            changed.clear()


def _well(app: Object) -> bool:
    status = app.get("status") or {}
    return {(status.get(part) or {}).get("status") for part in ("sync", "health")} == {"Synced", "Healthy"}


@asynccontextmanager
async def _api_server(directory: Path) -> AsyncIterator[int]:
    argv = ["-m", "simulator", "kubernetes", "--dir", str(directory), "--credential", "token"]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(sys.executable, *argv, stdin=pipe, stdout=pipe)
    try:
        assert child.stdout is not None
        await child.stdout.readline()
        yield child.pid
    finally:
        assert child.stdin is not None
        child.stdin.close()
        await child.wait()


async def _act(
    group: asyncio.TaskGroup, directory: Path, apis: dict[str, Api], parameters: str
) -> "list[asyncio.Task[None]]":
    clock, runtime = WallClock(), ProcesslessRuntime()
    await platform.define(apis["platform"], {})
    settings = Settings(cache=directory / "argocd", git_poll=3.0, wave_delay=0.5)
    node = virtual_kubelet.run(apis["kubelet"], clock, run_dir=directory, runtime=runtime)
    secrets = external_secrets.run(apis["external-secrets"], clock, endpoint=parameters)
    return [
        group.create_task(argocd.run(apis["argocd"], clock, settings)),
        group.create_task(secrets),
        group.create_task(crossplane.run(apis["crossplane"], clock)),
        group.create_task(node),
    ]


async def _parameter(_scope: Scope, receive: Receive, send: Send) -> None:
    """A Parameter Store that has every parameter."""
    await receive()
    body = orjson.dumps({"Parameter": {"Name": "x", "Value": "value", "Type": "SecureString", "Version": 1}})
    headers = [(b"content-type", b"application/x-amz-json-1.1"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _spent(server: int) -> dict[str, float]:
    """Seconds of processor time so far; that of the server is known on Linux alone."""
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    found = {OWN: own.ru_utime + own.ru_stime, CHILDREN: children.ru_utime + children.ru_stime}
    if (stat := Path(f"/proc/{server}/stat")).exists():
        user, system = stat.read_text().rpartition(")")[2].split()[11:13]
        found[SERVER] = (int(user) + int(system)) / _TICKS
    return found


def _service(number: int) -> dict[str, Any]:
    name = f"service-{number:03}"
    document: dict[str, Any] = yaml.safe_load(_EXAMPLE.read_text())
    document["metadata"]["name"] = name
    document["spec"] |= {"namespace": name, "environments": {"dev": {}}}
    document["spec"]["cache"]["name"] = f"{name}-cache"
    return document


def _repository(directory: Path) -> Path:
    """A bare one with one commit, and a working copy with the fleet beside it, not committed yet."""
    bare, working = directory / "tenants.git", directory / "working"
    _git(directory, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    working.mkdir()
    _git(working, "init", "--quiet", "--initial-branch=main")
    _git(working, "remote", "add", "origin", str(bare))
    (working / "tenants").mkdir()
    (working / "tenants" / ".gitkeep").touch()
    _commit(working)
    for number in range(TENANTS):
        for path, text in tenant_files(_service(number), bare.as_uri()).items():
            target = working / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
    return bare


def _commit(working: Path) -> None:
    _git(working, "add", "--all")
    _git(working, "commit", "--quiet", "--message", "change")
    _git(working, "push", "--quiet", "origin", "main")


def _git(cwd: Path, *arguments: str) -> None:
    names = [f"GIT_{role}_{part}" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")]
    who = dict.fromkeys(names, "bench@example.invalid")
    env = {"PATH": os.environ["PATH"], "HOME": str(cwd), "GIT_CONFIG_NOSYSTEM": "1", **who}
    subprocess.run([shutil.which("git") or "git", *arguments], cwd=cwd, env=env, check=True, timeout=60)
