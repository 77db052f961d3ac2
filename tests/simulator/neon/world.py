"""A Neon service on real sockets over real PostgreSQL, and what tests ask of it; each answer is judged."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from simulator.backends.certificates import Authority
from simulator.backends.containers import removal
from simulator.backends.containers.marks import RUN
from simulator.backends.postgres import Installation
from simulator.backends.serving import serve
from simulator.clock import Clock, WallClock
from simulator.neon import container_cluster, process_cluster
from simulator.neon.cluster import Clusters
from simulator.neon.service import NeonService
from tests.simulator.engines import images, opened
from tests.simulator.neon.schema import Judged
from tests.simulator.waiting import steps

PROCESS, CONTAINER = "process", "container"
KINDS = [PROCESS, pytest.param(CONTAINER, marks=pytest.mark.containers)]
"""What computes are made of."""
KEY = "simneon_test-key"
PERSONAL = "simneon_personal-test-key"
DEADLINE = 60.0
Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class Planned:
    """Mishaps as a test wants them: by action the errors of its next tries, and projects nobody can see."""

    def __init__(self) -> None:
        self._errors: dict[str, list[str]] = {}
        self.hidden: set[str] = set()

    def add(self, action: str, error: str, times: int = 1) -> None:
        """Let the next `times` tries fail."""
        self._errors.setdefault(action, []).extend([error] * times)

    def failing(self, action: str) -> str | None:
        waiting = self._errors.get(action)
        return waiting.pop(0) if waiting else None

    def unavailable(self, project_id: str, _name: str) -> bool:
        return project_id in self.hidden


@dataclass(frozen=True, slots=True)
class Neon:
    """One running service and a client that holds its key."""

    service: NeonService
    mishaps: Planned
    http: httpx.AsyncClient
    authority: Authority
    run_dir: Path

    async def json(self, method: str, path: str, status: int, **request: Any) -> Any:
        """The answer's body, having the status expected."""
        response = await self.http.request(method, path, **request)
        assert response.status_code == status, (method, path, response.status_code, response.text)
        return response.json() if response.content else None

    async def project(self, **settings: Any) -> "Project":
        """A fresh project for one test, its compute asleep."""
        project_id = self.service.seed_project("test", **settings)
        branches = (await self.json("GET", f"/projects/{project_id}/branches", 200))["branches"]
        endpoints = (await self.json("GET", f"/projects/{project_id}/endpoints", 200))["endpoints"]
        return Project(self, project_id, branches[0]["id"], endpoints[0]["id"])


@dataclass(frozen=True, slots=True)
class Project:
    """A project with one branch and one endpoint."""

    neon: Neon
    id: str
    branch_id: str
    endpoint_id: str

    @property
    def path(self) -> str:
        return f"/projects/{self.id}"

    @property
    def branch(self) -> str:
        return f"{self.path}/branches/{self.branch_id}"

    @property
    def endpoint(self) -> str:
        return f"{self.path}/endpoints/{self.endpoint_id}"

    async def get(self, path: str = "") -> Any:
        return await self.neon.json("GET", self.path + path, 200)

    async def state(self) -> str:
        return str((await self.neon.json("GET", self.endpoint, 200))["endpoint"]["current_state"])

    async def operations(self) -> list[dict[str, Any]]:
        """Newest first."""
        return list((await self.get("/operations"))["operations"])

    async def settled(self, answer: Any) -> Any:
        """The same answer, once each of its operations has succeeded, polled by id."""
        async with asyncio.timeout(DEADLINE):
            for begun in answer["operations"]:
                for pause in steps():
                    operation = (await self.get(f"/operations/{begun['id']}"))["operation"]
                    if operation["status"] in {"finished", "skipped"}:
                        break
                    assert operation["status"] in {"scheduling", "running"}, operation
                    await asyncio.sleep(pause)
        return answer

    async def ended(self, operation_id: str) -> dict[str, Any]:
        """An operation once nothing more is tried."""
        async with asyncio.timeout(DEADLINE):
            for pause in steps():
                operation = dict((await self.get(f"/operations/{operation_id}"))["operation"])
                trying = {"scheduling", "running", "cancelling"}
                if operation["status"] not in trying and "retry_at" not in operation:
                    return operation
                await asyncio.sleep(pause)
        raise AssertionError("not reached")

    async def settle(self, method: str, path: str, status: int, **request: Any) -> Any:
        """A mutation's answer once its operations have succeeded."""
        return await self.settled(await self.neon.json(method, path, status, **request))

    async def made_branch(self, name: str, *kinds: str, **settings: Any) -> "Project":
        """The project seen from a new branch of its default one, with endpoints of the kinds given."""
        body = {"branch": {"name": name, **settings}, "endpoints": [{"type": kind} for kind in kinds]}
        answer = await self.settle("POST", f"{self.path}/branches", 201, json=body)
        endpoint = answer["endpoints"][0]["id"] if answer["endpoints"] else ""
        return Project(self.neon, self.id, answer["branch"]["id"], endpoint)

    async def role(self, name: str) -> dict[str, Any]:
        body = {"role": {"name": name}}
        answer = await self.neon.json("POST", f"{self.branch}/roles", 201, json=body)
        return dict((await self.settled(answer))["role"])

    async def database(self, name: str, owner: str) -> dict[str, Any]:
        body = {"database": {"name": name, "owner_name": owner}}
        answer = await self.neon.json("POST", f"{self.branch}/databases", 201, json=body)
        return dict((await self.settled(answer))["database"])

    async def uri(self, role: str = "neondb_owner", database: str = "neondb", **query: str) -> str:
        params = {"role_name": role, "database_name": database, "branch_id": self.branch_id, **query}
        answer = await self.neon.json("GET", f"{self.path}/connection_uri", 200, params=params)
        return str(answer["uri"])

    async def becomes(self, state: str) -> None:
        """Wait until the compute shows `state`."""
        async with asyncio.timeout(DEADLINE):
            for pause in steps():
                if await self.state() == state:
                    return
                await asyncio.sleep(pause)


async def connect(uri: str, **overrides: Any) -> Connection:
    """A session that takes nothing from the home directory of whoever runs the tests."""
    nothing = {"sslcert": "none", "sslrootcert": "none", "passfile": "none"}
    return await psycopg.AsyncConnection.connect(
        uri, connect_timeout=20, autocommit=True, **nothing | overrides
    )


async def one(connection: Connection, query: str) -> Any:
    """The first column of the first row."""
    row = await (await connection.execute(query.encode())).fetchone()
    assert row is not None
    return row[0]


def installation_of(world: Neon) -> Installation:
    """What its computes are processes of."""
    cluster = world.service._computes.cluster
    assert isinstance(cluster, process_cluster.ProcessCluster)
    return cluster.installation


def data_of(world: Neon, branch_id: str) -> list[str]:
    """What holds a branch's data: its directory, or its volumes as the engine lists them."""
    cluster = world.service._computes.cluster
    if isinstance(cluster, container_cluster.ContainerCluster):
        found = removal.marked(cluster.engine.url, f"{RUN}={cluster.engine.marks.run_id}")
        return [each.name for each in found if each.kind == "volume" and branch_id in each.name]
    directory = installation_of(world).quarters.directory / branch_id
    return [directory.name] if directory.exists() else []


@asynccontextmanager
async def holding(neon: Neon, key: str) -> AsyncIterator[Neon]:
    """The same service for somebody who holds another key."""
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=neon.http.base_url, headers=headers, transport=Judged()) as http:
        yield replace(neon, http=http)


@asynccontextmanager
async def neon(
    run_dir: Path, clock: Clock | None = None, kind: str = PROCESS, **settings: Any
) -> AsyncIterator[Neon]:
    authority = Authority(run_dir / "pki")
    async with AsyncExitStack() as stack:
        clusters, mishaps = await _clusters(kind, run_dir, stack), Planned()
        service = NeonService(
            clock or WallClock(20),
            run_dir,
            authority,
            7,
            {KEY: "tests"},
            personal_keys={PERSONAL: "somebody"},
            clusters=clusters,
            mishaps=mishaps,
            **settings,
        )
        await stack.enter_async_context(service.running())
        listener = await stack.enter_async_context(serve(service.app))
        http = await stack.enter_async_context(
            httpx.AsyncClient(
                base_url=f"{listener.url}/api/v2",
                headers={"Authorization": f"Bearer {KEY}"},
                timeout=30,
                transport=Judged(),
            )
        )
        yield Neon(service, mishaps, http, authority, run_dir)


async def _clusters(kind: str, run_dir: Path, stack: AsyncExitStack) -> Clusters:
    if kind == PROCESS:
        return process_cluster.running
    engine = await stack.enter_async_context(opened(run_dir, "postgres"))
    return partial(container_cluster.running, engine, images().postgres)
