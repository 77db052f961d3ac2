"""A simulated ArgoCD over a real API server with TLS and a real git repository."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.controllers.api import Api
from simulator.controllers.argocd.application import REFRESH
from simulator.controllers.argocd.controller import run
from simulator.controllers.argocd.settings import Settings
from simulator.controllers.argocd.targets import APPLICATION
from simulator.controllers.kinds import CUSTOM_RESOURCE_DEFINITION, NAMESPACE, Kind, Object
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.manifests.rendering import MANIFESTS
from tests.simulator.controllers.tasks import background

DEADLINE = 10.0
SPEED = 20.0
TOKEN = "cluster-token"
GIT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "t",
    "GIT_AUTHOR_EMAIL": "t@example.invalid",
    "GIT_COMMITTER_NAME": "t",
    "GIT_COMMITTER_EMAIL": "t@example.invalid",
}


@dataclass(frozen=True, slots=True)
class Tenants:
    """A working copy of a tenants repository that is pushed to with every change."""

    folder: Path
    url: str

    def commit(self, files: dict[str, str | None]) -> str:
        """Write (None: remove) files and push them; the new commit."""
        for path, text in files.items():
            target = self.folder / path
            if text is None:
                target.unlink()
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", "change")
        self.git("push", "--quiet", self.url, "HEAD:main")
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            [shutil.which("git") or "git", *arguments],
            cwd=self.folder,
            env=GIT,
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
        )
        return done.stdout


@dataclass(frozen=True, slots=True)
class Argo:
    """The running installation, its API and its repository."""

    api: Api
    tenants: Tenants

    async def until(self, kind: Kind, name: str, namespace: str, holds: Callable[[Object], object]) -> Object:
        """Watch one object until `holds`; fails with what it was last seen as."""
        last: Object | None = None
        try:
            async with asyncio.timeout(DEADLINE):
                while True:
                    listing = await self.api.list(kind, namespace, fields=f"metadata.name={name}")
                    for last in listing.items:
                        if holds(last):
                            return last
                    stream = self.api.watch(
                        kind, namespace, version=listing.version, fields=f"metadata.name={name}"
                    )
                    async with aclosing(stream) as events:
                        async for event in events:
                            last = event.object
                            if event.type in {"ADDED", "MODIFIED"} and holds(last):
                                return last
        except TimeoutError:
            shown = yaml.safe_dump({**last, "metadata": None} if last else None)
            pytest.fail(f"{kind.kind} {name} never was as expected; it is\n{shown}")

    async def gone(self, kind: Kind, name: str, namespace: str = "") -> None:
        async with asyncio.timeout(DEADLINE):
            while True:
                listing = await self.api.list(kind, namespace, fields=f"metadata.name={name}")
                if not listing.items:
                    return
                stream = self.api.watch(
                    kind, namespace, version=listing.version, fields=f"metadata.name={name}"
                )
                async with aclosing(stream) as events:
                    async for event in events:
                        if event.type == "DELETED":
                            return

    async def application(self, name: str, holds: Callable[[Object], object]) -> Object:
        """The Application, once `holds` is true of its status."""
        return await self.until(APPLICATION, name, "argocd", lambda app: holds(app.get("status") or {}))

    async def refresh(self, name: str, how: str = "normal") -> Object:
        """Ask for a refresh and wait for its acknowledgement."""
        patch = {"metadata": {"annotations": {REFRESH: how}}}
        await self.api.merge_patch(APPLICATION, name, patch, "argocd")
        return await self.until(
            APPLICATION, name, "argocd", lambda app: REFRESH not in app["metadata"].get("annotations", {})
        )

    async def create_application(self, name: str, path: str, **spec: Any) -> Object:
        body = {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": name, "namespace": "argocd", **spec.pop("metadata", {})},
            "spec": {
                "project": "default",
                "source": {"repoURL": self.tenants.url, "targetRevision": "main", "path": path},
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "space"},
                **spec,
            },
        }
        return await self.api.create(APPLICATION, body)


@pytest.fixture
def tenants(tmp_path: Path) -> Tenants:
    bare, folder = tmp_path / "tenants.git", tmp_path / "working"
    folder.mkdir()
    repository = Tenants(folder, bare.as_uri())
    repository.git("init", "--quiet", "--bare", "-b", "main", str(bare))
    repository.git("init", "--quiet", "-b", "main")
    repository.commit({"tenants/.gitkeep": ""})
    return repository


@pytest.fixture
async def argo(tmp_path: Path, tenants: Tenants) -> AsyncIterator[Argo]:
    clock = WallClock(SPEED)
    authority = Authority(tmp_path / "pki")
    leaf = authority.issue("kube", "127.0.0.1")
    server = KubeServer(clock, {TOKEN: Identity("system:admin", ("system:masters",))})
    settings = Settings(cache=tmp_path / "cache", git_poll=2.0)
    async with (
        server.running(),
        serve(server.app, cert=leaf.cert, key=leaf.key) as listener,
        Api(listener.url, TOKEN, authority.ca_file, manager="tests") as api,
        Api(listener.url, TOKEN, authority.ca_file, manager="argocd") as own,
    ):
        await _install(api)
        async with background(run(own, clock, settings)):
            yield Argo(api, tenants)
    await server.close()


async def _install(api: Api) -> None:
    for path in sorted((MANIFESTS / "crds").glob("*.yaml")):
        await api.apply(CUSTOM_RESOURCE_DEFINITION, yaml.safe_load(path.read_text()))
    for name in ("argocd", "space"):
        await api.create(NAMESPACE, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    text = (MANIFESTS / "platform" / "10-project.yaml").read_text()
    project = yaml.safe_load(text)
    async with asyncio.timeout(DEADLINE):
        kind = await _served(api, project)
    await api.apply(kind, project)


async def _served(api: Api, obj: Object) -> Kind:
    listing = await api.list(CUSTOM_RESOURCE_DEFINITION)
    for crd in listing.items:
        established = {
            each["type"] for each in crd.get("status", {}).get("conditions", []) if each["status"] == "True"
        }
        assert "Established" in established, crd["metadata"]["name"]
    return await api.resource(obj["apiVersion"], obj["kind"])
