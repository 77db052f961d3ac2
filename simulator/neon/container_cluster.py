"""Computes as containers: one per endpoint, kept while it sleeps, on its branch's volume."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.backends import postgres_extensions as extensions
from simulator.backends.containers import community, container
from simulator.backends.containers.container import Started
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.backends.postgres_volumes import Volumes
from simulator.backends.process import last_lines
from simulator.backends.superuser import SETTINGS, SUPERUSER, answers, as_arguments, connect, with_password
from simulator.neon import catalog
from simulator.neon.branchdata import TEMPLATE, BranchData
from simulator.neon.catalog import Connection
from simulator.neon.cluster import Release

_PORT = 5432
_READY_SECONDS = 60.0
_STOP_SECONDS = 3.0
_POLL_SECONDS = 0.05


class ContainerServer:
    """One life of a compute's container."""

    def __init__(self, started: Started, password: str) -> None:
        self.port = started.port(_PORT)
        self.pid: int | None = None
        self._started = started
        self._password = password
        self._ended = asyncio.ensure_future(started.exited())

    @property
    def ended(self) -> bool:
        return self._ended.done()

    async def connect(self, database: str = "postgres") -> Connection:
        """A superuser's autocommit connection."""
        return await connect(self.port, self._password, database)

    async def exited(self) -> object:
        """Return once the container has ended, was killed or removed."""
        return await asyncio.shield(self._ended)

    async def stop(self) -> None:
        """Fast shutdown, killed when that takes too long; the container stays. Raises PostgresUnavailable."""
        stopping = asyncio.ensure_future(self._started.stop(_STOP_SECONDS))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await asyncio.wait([stopping])
            raise
        except ContainersUnavailable as exc:
            if not self._ended.done():
                raise PostgresUnavailable(str(exc)) from exc

    async def discard(self) -> None:
        """Remove the container, which kills: a shutdown would first write out what nobody reads.

        Raises PostgresUnavailable.
        """
        try:
            await self._started.remove()
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc

    async def ready(self) -> None:
        """Return once it answers; raises PostgresUnavailable when it ends instead or takes too long."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while not self._ended.done():
                    if await answers(self.port, self._password):
                        return
                    await asyncio.wait([self._ended], timeout=_POLL_SECONDS)
            what = str(self._ended.result())
        except TimeoutError:
            what = f"did not answer within {_READY_SECONDS:.0f} s"
        log = self._started.log
        raise PostgresUnavailable(
            f"PostgreSQL {what} in its container; its log {log} ends:\n{last_lines(log)}"
        )


@dataclass(slots=True)
class _Kept:
    """A container, the volume it is on, and how it is let go."""

    started: Started
    volume: str
    stack: AsyncExitStack


class ContainerCluster:
    """Starts containers of one image."""

    def __init__(self, engine: Engine, image: str, logs: Path) -> None:
        self.engine = engine
        self.image = image
        self.release = Release("", "")
        self._logs = logs
        self._password = secrets.token_urlsafe(24)
        self._kept: dict[str, _Kept] = {}
        self._volumes = Volumes(engine, image, logs, self._let_go)
        self.data = BranchData(self._volumes)

    async def start(self, branch_id: str, endpoint_id: str) -> ContainerServer:
        """Starts the endpoint's container again, or makes it; raises PostgresUnavailable."""
        return await self.data.serve(branch_id, lambda: self._start(branch_id, endpoint_id))

    async def forget(self, endpoint_id: str) -> None:
        """Remove the endpoint's container; the branch keeps its volume. Raises PostgresUnavailable."""
        kept = self._kept.pop(endpoint_id, None)
        try:
            if kept is not None:
                await kept.stack.aclose()
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc

    async def prepare(self) -> None:
        """Make the template, which also proves that the image works; raises PostgresUnavailable."""
        try:
            made = await self._made(TEMPLATE, await self._volumes.empty(TEMPLATE), self._password)
            server = await self._ready(made)
            await catalog.prepare(server.connect)
            async with await server.connect() as connection:
                await connection.execute(with_password(self._password).encode())
                told = connection.info.parameter_status("server_version") or ""
                lacking = (await extensions.find(connection)).lacking
            await server.stop()
            await self.forget(TEMPLATE)
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc
        self.release = Release(told.split(" ")[0], f"image {self.image}", lacking)

    async def close(self) -> None:
        """Remove every container, then every volume."""
        await asyncio.gather(*(self.forget(endpoint_id) for endpoint_id in list(self._kept)))
        await self._volumes.close()

    async def _start(self, branch_id: str, endpoint_id: str) -> ContainerServer:
        data = self._volumes.at(branch_id)
        try:
            return await self._ready(
                await self._again(endpoint_id, data) or await self._made(endpoint_id, data)
            )
        except ContainersUnavailable as exc:
            raise PostgresUnavailable(str(exc)) from exc

    async def _let_go(self, data: str) -> None:
        """Remove the containers kept on a volume."""
        for endpoint_id in [name for name, kept in self._kept.items() if kept.volume == data]:
            await self.forget(endpoint_id)

    async def _again(self, endpoint_id: str, data: str) -> Started | None:
        """The container kept since the endpoint's last life, if it is on these data and starts."""
        kept = self._kept.get(endpoint_id)
        if kept is None:
            return None
        try:
            if kept.volume == data:
                await kept.started.start()
                return kept.started
        except ContainersUnavailable:
            pass
        await self.forget(endpoint_id)
        return None

    async def _made(self, endpoint_id: str, data: str, password: str | None = None) -> Started:
        def make() -> Any:
            made = community.postgres(self.image, SUPERUSER, password)
            made.with_volume_mapping(data, community.POSTGRES_VOLUME, "rw")
            return made.with_command(["postgres", *as_arguments(SETTINGS)])

        name = f"postgres-{endpoint_id}"
        running = container.running(self.engine, make, name=name, log=self._logs / f"{name}.log")
        stack = AsyncExitStack()
        started = await stack.enter_async_context(running)
        self._kept[endpoint_id] = _Kept(started, data, stack)
        return started

    async def _ready(self, started: Started) -> ContainerServer:
        server = ContainerServer(started, self._password)
        try:
            await server.ready()
        except BaseException:
            with contextlib.suppress(PostgresUnavailable):  # it did not come up, which is what is told
                await server.stop()
            raise
        return server


@asynccontextmanager
async def running(engine: Engine, image: str, run_dir: Path) -> AsyncGenerator[ContainerCluster]:
    """Prepare the template; at the end remove every container and volume. The image is there already."""
    made = ContainerCluster(engine, image, run_dir / "logs")
    try:
        await made.prepare()
        yield made
    finally:
        await made.close()
