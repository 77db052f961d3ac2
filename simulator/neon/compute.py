"""One endpoint's compute: asleep or one server, woken by connections, put to sleep when unused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.clock import Clock
from simulator.neon import catalog
from simulator.neon.background import Background
from simulator.neon.cluster import Cluster, Server
from simulator.neon.model import Branch, Endpoint, Project
from simulator.neon.operations import Operations


class EndpointDisabled(Exception):
    """A connection may not wake this compute."""


class Compute:
    """Serialises its own starts, stops and catalogue changes; sessions come through the front."""

    def __init__(
        self,
        project: Project,
        endpoint: Endpoint,
        cluster: Cluster,
        clock: Clock,
        *,
        background: Background,
        operations: Operations,
        cold_start: float,
    ) -> None:
        self._project = project
        self._endpoint = endpoint
        self._cluster = cluster
        self._clock = clock
        self._background = background
        self._operations = operations
        self._cold_start = cold_start
        self._lock = asyncio.Lock()
        self._server: Server | None = None
        self._sessions = 0
        self._closed = False
        self._timer: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process; None while asleep, or where servers are no processes of this machine."""
        return self._server.pid if self._server else None

    @property
    def port(self) -> int | None:
        """Where the server listens; None while asleep."""
        return self._server.port if self._server else None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[int]:
        """Keep the compute awake for one connection, waking it first; yields the server's port."""
        if self._endpoint.disabled:
            raise EndpointDisabled(self._endpoint.id)
        self._sessions += 1
        self._disarm()
        try:
            yield (await self._awake()).port
        finally:
            self._sessions -= 1
            self._endpoint.last_active = self._clock.now()
            self.rearm()

    async def start(self) -> bool:
        """What a start_compute operation does; False when it runs already."""
        async with self._lock:
            if self._server is not None:
                self._endpoint.pending_state = None
                return False
            await self._boot()
            return True

    async def suspend(self, *, only_unused: bool = False) -> bool:
        """Stop the server, cutting its sessions; False when asleep already or, on request, in use."""
        async with self._lock:
            if self._server is None or (only_unused and self._sessions):
                self._endpoint.pending_state = None
                return False
            await self._halt()
            return True

    async def apply(self, *, drop_sessions: bool = False) -> bool:
        """Bring roles and databases up to date, starting the compute for it when it sleeps."""
        async with self._lock:
            was_awake = self._server is not None
            server = self._server or await self._boot()
            await catalog.push(server.connect, self._branch)
            if drop_sessions and was_awake:
                await catalog.drop_sessions(server.connect)
        return True

    def rearm(self) -> None:
        """Count the idle time anew, by the timeout the endpoint has now."""
        self._disarm()
        seconds = self._endpoint.idle_seconds
        if self._server is not None and not self._sessions and seconds is not None:
            self._timer = self._background.spawn(self._idle_out(seconds), f"autosuspend {self._endpoint.id}")

    async def close(self) -> None:
        """End the server for good, without a trace in the history."""
        self._closed = True
        self._disarm()
        async with self._lock:
            if self._server is not None:
                await self._halt()
            await self._cluster.forget(self._endpoint.id)

    @property
    def _branch(self) -> Branch:
        return self._project.branches[self._endpoint.branch_id]

    async def _awake(self) -> Server:
        async with self._lock:
            if self._server is not None:
                return self._server
            async with self._operations.unsolicited(self._project, "start_compute", self._endpoint):
                self._endpoint.pending_state = "active"
                await self._clock.sleep(self._cold_start)
                try:
                    return await self._boot()
                except psycopg.Error as exc:
                    raise PostgresUnavailable("roles and databases could not be set up") from exc

    async def _boot(self) -> Server:
        if self._closed:
            raise EndpointDisabled(self._endpoint.id)
        self._endpoint.pending_state = "active"
        try:
            server = await self._cluster.start(self._branch.id, self._endpoint.id)
            try:
                if not self._branch.materialised:
                    await catalog.push(server.connect, self._branch)
                    self._branch.materialised = True
            except BaseException:
                await server.stop()
                raise
        finally:
            self._endpoint.pending_state = None
        self._server = server
        self._endpoint.became_active(self._clock.now())
        self._background.spawn(self._watch(server), f"watch {self._endpoint.id}")
        self.rearm()
        return server

    async def _halt(self) -> None:
        server, self._server = self._server, None
        self._disarm()
        self._endpoint.pending_state = "idle"
        try:
            if server is not None:
                await server.stop()
        finally:
            self._endpoint.became_idle(self._clock.now())

    async def _watch(self, server: Server) -> None:
        """Show a compute whose server died by itself as idle, so that the next connection wakes it."""
        await server.exited()
        if self._server is server:
            self._server = None
            self._disarm()
            self._endpoint.became_idle(self._clock.now())

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _idle_out(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._timer = None
        if self._server is None or self._sessions:
            return
        with contextlib.suppress(PostgresUnavailable):  # the operation shows it as failed
            async with self._operations.unsolicited(self._project, "suspend_compute", self._endpoint):
                await self.suspend(only_unused=True)
