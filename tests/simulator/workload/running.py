"""The toy service as the node starts it: its own process, the environment given, a directory of its own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import simulator
from simulator.backends.process import Child, start
from simulator.cache import valkey
from simulator.controllers.runtime.reach import accepts

LAUNCHER = Path(simulator.__file__).parent / "workload" / "launcher.py"
SECONDS = 20.0


@dataclass(frozen=True)
class Workload:
    """One running service; `port` is the real one."""

    child: Child
    directory: Path
    port: int

    async def ready(self, *, fresh: bool = True) -> tuple[int, dict[str, Any]]:
        """The status and the checks of `/ready`."""
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
            query = "?fresh" if fresh else ""
            answer = await client.get(f"http://127.0.0.1:{self.port}/ready{query}")
        return answer.status_code, dict(answer.json()["checks"])

    async def get(self, path: str) -> httpx.Response:
        async with httpx.AsyncClient(trust_env=False, timeout=SECONDS) as client:
            return await client.get(f"http://127.0.0.1:{self.port}{path}")

    def log(self) -> str:
        return self.child.log.read_text()


async def launch(directory: Path, env: Mapping[str, str], *arguments: str) -> Child:
    argv = [sys.executable, "-I", str(LAUNCHER), *arguments]
    return await start(argv, env={"HOME": str(directory), **env}, cwd=directory, log=directory / "output.log")


@asynccontextmanager
async def workload(directory: Path, env: Mapping[str, str]) -> AsyncIterator[Workload]:
    """The service on port 3000 of its pod, serving."""
    child = await launch(directory, env, "3000")
    try:
        yield Workload(child, directory, await _port(child, directory / "run" / "ports.json"))
    finally:
        await child.stop(SECONDS)


async def _port(child: Child, announced: Path) -> int:
    async with asyncio.timeout(SECONDS):
        while not announced.exists():
            assert child.returncode is None, child.last_lines()
            await asyncio.sleep(0.01)
    return int(json.loads(announced.read_text())["3000"])


@asynccontextmanager
async def cache(directory: Path, port: int, password: str) -> AsyncIterator[None]:
    """A real cache server on `port`."""
    child = await start(
        valkey.arguments(port, directory),
        env={},
        cwd=directory,
        log=directory / "cache.log",
        stdin=valkey.configuration(password),
    )
    try:
        async with asyncio.timeout(SECONDS):
            while not await accepts(port):
                assert child.returncode is None, child.last_lines()
                await asyncio.sleep(0.01)
        yield
    finally:
        await child.stop(1)


def know(directory: Path, services: Mapping[str, Mapping[str, str]]) -> None:
    """Write the pod's view of the cluster's Services."""
    (directory / "etc").mkdir(exist_ok=True)
    (directory / "etc" / "services.json").write_text(json.dumps(services))
    (directory / "etc" / "resolv.conf").write_text("search default.svc.cluster.local svc.cluster.local\n")
