"""One endpoint's compute: asleep or one server, woken by connections, put to sleep when unused."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import psycopg

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.backends.scram import Verifier
from simulator.clock import Clock
from simulator.neon import admission, catalog, pgwire, quotas
from simulator.neon.admission import Entered
from simulator.neon.background import Background
from simulator.neon.challenge import Keys
from simulator.neon.cluster import Cluster, Server
from simulator.neon.idling import Idling
from simulator.neon.metering import Metering
from simulator.neon.model import Branch, Endpoint, Project
from simulator.neon.observer import Observer, Session
from simulator.neon.operations import Operations
from simulator.neon.pgwire import Opening

_Result = TypeVar("_Result")
_TRIES = 10
_SETTLE_SECONDS = 0.5


class EndpointDisabled(Exception):
    """A connection may not wake this compute."""


class QuotaExceeded(Exception):
    """No compute of the project may run before the next period; says which quota is used up."""


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
        changed: Callable[[Project], None],
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
        self._observer: Observer | None = None
        self._hand: Session | None = None
        self._sessions = 0
        self._served = 0
        self._closed = False
        self._metering = Metering(project, endpoint)
        self._changed = changed
        self._idling = Idling(clock, background, f"autosuspend {endpoint.id}", self._expired)

    @property
    def pid(self) -> int | None:
        """The server's process; None while asleep, or where servers are no processes of this machine."""
        return self._server.pid if self._server else None

    @property
    def port(self) -> int | None:
        """Where the server listens; None while asleep."""
        return self._server.port if self._server else None

    @asynccontextmanager
    async def session(self) -> AsyncIterator[None]:
        """Count one connection, which may find the compute asleep; the idle time begins anew at its end."""
        self._sessions += 1
        try:
            yield
        finally:
            self._sessions -= 1
            self._endpoint.last_active = self._clock.now()
            if self._metering.bill(self._clock.now()):
                self._changed(self._project)
            self.rearm()

    def moved(self) -> None:
        """Bytes of a session passed."""
        self._idling.moved()

    def sent(self, count: int) -> None:
        """So many bytes of a session went to its client."""
        self._metering.sent(count)
        self.moved()

    @property
    def reads_only(self) -> bool:
        """Whether sessions begin as readers: on a branch that is larger than it may be."""
        return quotas.full(self._project, self._branch)

    async def awake(self) -> Server:
        """The server, started when there is none; raises what `enter` does."""
        return await self._awake()

    async def verifier(self, role: str) -> Verifier | None:
        """How a role proves its password; wakes the compute. Raises PostgresUnavailable, EndpointDisabled."""

        async def ask(_: Server) -> Verifier | None:
            if self._observer is None:
                raise admission.Unready
            return await self._observer.verifier(role)

        return await self._serve(ask)

    async def enter(self, startup: Opening, keys: Keys) -> Entered:
        """Log in for a client; wakes the compute. Raises Refused, PostgresUnavailable, EndpointDisabled."""
        opening = pgwire.reading_only(startup) if self.reads_only else startup
        return await self._serve(lambda server: admission.enter(server.port, opening, keys))

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

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Asleep and staying so: what would wake it waits until the end."""
        async with self._lock:
            if self._server is not None:
                await self._halt()
            self._endpoint.pending_state = None
            yield

    async def apply(self, *, drop_sessions: bool = False) -> bool:
        """Bring roles and databases up to date, starting the compute for it when it sleeps."""
        async with self._lock:
            was_awake = self._server is not None
            server = self._server or await self._boot()
            session = self._hand
            if session is None:
                raise PostgresUnavailable("the server went away")
            async with session.turn() as connection:
                await catalog.push(connection, server.connect, self._branch)
                if drop_sessions and was_awake:
                    await catalog.drop_sessions(connection)
            await self._measure(session)
        return True

    def rearm(self) -> None:
        """Count the idle time anew, by the timeout the endpoint has now."""
        if self._server is not None:
            self._idling.arm(self._endpoint.idle_seconds)

    async def close(self, *, data_needed: bool = True) -> None:
        """End the server for good, without a trace in the history."""
        self._closed = True
        self._idling.disarm()
        async with self._lock:
            if self._server is not None:
                await self._halt(data_needed=data_needed)
            await self._cluster.forget(self._endpoint.id)

    @property
    def _branch(self) -> Branch:
        return self._project.branches[self._endpoint.branch_id]

    async def _serve(self, work: Callable[[Server], Awaitable[_Result]]) -> _Result:
        """What `work` returns with the awake server, or with the next one when that went away meanwhile."""
        self._served += 1
        try:
            for _ in range(_TRIES):
                server = await self._awake()
                try:
                    return await work(server)
                except (admission.Unready, psycopg.OperationalError):
                    await self._settled(server)
            raise PostgresUnavailable("its servers went away one after the other")
        finally:
            self._served -= 1
            self._idling.moved()

    async def _settled(self, server: Server) -> None:
        """Give a server that turned somebody away the time to end, and note that it has."""
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                await server.exited()
        except TimeoutError:
            return
        await self._lost(server)

    async def _awake(self) -> Server:
        if self._endpoint.disabled:
            raise EndpointDisabled(self._endpoint.id)
        if running := self._running():
            return running
        reason = quotas.exceeded(self._project, self._clock.now())
        if reason is not None:
            raise QuotaExceeded(reason)
        async with self._lock:
            if running := self._running():
                return running
            async with self._operations.unsolicited(self._project, "start_compute", self._endpoint):
                self._endpoint.pending_state = "active"
                await self._clock.sleep(self._cold_start)
                try:
                    return await self._boot()
                except psycopg.Error as exc:
                    raise PostgresUnavailable("roles and databases could not be set up") from exc

    def _running(self) -> Server | None:
        return self._server

    async def _boot(self) -> Server:
        if self._closed:
            raise EndpointDisabled(self._endpoint.id)
        self._endpoint.pending_state = "active"
        try:
            server = await self._open()
            hand = await self._furnished(server)
        finally:
            self._endpoint.pending_state = None
        self._server, self._observer, self._hand = server, Observer(server.connect), hand
        self._project.became_active(self._endpoint, self._clock.now())
        self._changed(self._project)
        self._background.spawn(self._watch(server), f"watch {self._endpoint.id}")
        self.rearm()
        return server

    async def _open(self) -> Server:
        """A server on the branch's data."""
        return await self._cluster.start(self._branch.id, self._endpoint.id)

    async def _furnished(self, server: Server) -> Session:
        """A session with a server that has what waited for it; one that cannot be furnished is stopped."""
        session = Session(server.connect)
        try:
            if not self._branch.materialised or self._branch.deltas:
                async with session.turn() as connection:
                    await catalog.push(connection, server.connect, self._branch)
                self._branch.contents.materialised = True
            await self._measure(session)
        except BaseException:
            await session.close()
            await server.stop()
            raise
        return session

    async def _halt(self, *, data_needed: bool = True) -> None:
        """Whoever comes from here on waits for the next server, as this one would cut them off."""
        server, self._server = self._server, None
        self._endpoint.pending_state = "idle"
        if self._hand is not None and not self._closed:
            with contextlib.suppress(psycopg.Error):  # a dead server tells nothing
                await self._measure(self._hand)
        await self._release()
        try:
            if server is not None:
                await (server.stop() if data_needed else server.discard())
        finally:
            self._became_idle()

    async def _release(self) -> None:
        """Lead nobody to the server any more."""
        sessions = filter(None, (self._observer, self._hand))
        self._observer = self._hand = self._server = None
        self._idling.disarm()
        await asyncio.gather(*(session.close() for session in sessions))

    async def _watch(self, server: Server) -> None:
        """Show a compute whose server died by itself as idle, so that the next connection wakes it."""
        await server.exited()
        await self._lost(server)

    async def _lost(self, server: Server) -> None:
        if self._server is server:
            self._became_idle()
            await self._release()

    def _became_idle(self) -> None:
        self._project.became_idle(self._endpoint, self._clock.now())
        self._changed(self._project)

    async def _measure(self, session: Session) -> None:
        """Note how large the branch is and what was written since last time. Raises psycopg.Error."""
        async with session.turn() as connection:
            size, position = await catalog.measured(connection)
        self._metering.measured(size, position, self._clock.now())

    async def _expired(self) -> bool:
        """Put the compute to sleep unless it is in use after all; whether it is."""
        async with self._lock:
            seconds = self._endpoint.idle_seconds
            if self._server is None or seconds is None:
                return False
            # Somebody may come while the server is asked.
            if self._used(seconds) or await self._busy() or self._used(seconds):
                return True
            with contextlib.suppress(PostgresUnavailable):  # the operation shows it as failed
                async with self._operations.unsolicited(self._project, "suspend_compute", self._endpoint):
                    await self._halt()
        return False

    def _used(self, seconds: float) -> bool:
        return self._served > 0 or not self._idling.quiet_for(seconds)

    async def _busy(self) -> bool:
        """A compute that cannot be asked is left alone: when it has died, that is noticed by itself."""
        if self._observer is None or not self._sessions:
            return False
        try:
            return await self._observer.busy()
        except psycopg.Error:
            return True
