"""A read-only endpoint: reads what the branch's read-write compute has, and needs that one awake."""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.neon.admission import Entered
from simulator.neon.catalog import Connection
from simulator.neon.challenge import Keys
from simulator.neon.cluster import Server
from simulator.neon.compute import Compute, EndpointDisabled, QuotaExceeded
from simulator.neon.model import Project
from simulator.neon.observer import Session
from simulator.neon.pgwire import Opening

Primary = Callable[[Project, str], Compute | None]
_ALONE = "a read-only compute of this simulation needs the read-write compute of its branch"


class Lease:
    """The primary's server as a replica uses it: stopping it cuts the replica's own sessions only."""

    pid: int | None = None

    def __init__(self, server: Server) -> None:
        self.port = server.port
        self._server = server
        self._stopped = asyncio.Event()
        self._sessions: weakref.WeakSet[asyncio.StreamWriter] = weakref.WeakSet()

    def take(self, session: asyncio.StreamWriter) -> None:
        """Cut this session too, at the end."""
        self._sessions.add(session)

    @property
    def ended(self) -> bool:
        return self._stopped.is_set()

    async def connect(self, database: str = "postgres") -> Connection:
        return await self._server.connect(database)

    async def exited(self) -> None:
        """Return when the lease was stopped, or its server is gone."""
        waiting = {asyncio.ensure_future(self._server.exited()), asyncio.ensure_future(self._stopped.wait())}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    async def stop(self) -> None:
        self._stopped.set()
        for session in self._sessions:
            session.transport.abort()

    async def discard(self) -> None:
        """The data is the primary's: only the lease ends."""
        await self.stop()


class Replica(Compute):
    """Runs no server of its own; its sessions begin as readers."""

    def __init__(self, *parts: Any, primary: Primary, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._primary = primary

    @property
    def reads_only(self) -> bool:
        return True

    def moved(self) -> None:
        """Keeps the primary awake as well."""
        super().moved()
        primary = self._primary(self._project, self._endpoint.branch_id)
        if primary is not None:
            primary.moved()

    async def enter(self, startup: Opening, keys: Keys) -> Entered:
        entered = await super().enter(startup, keys)
        if isinstance(self._server, Lease):
            self._server.take(entered.writer)
        return entered

    async def _open(self) -> Server:
        primary = self._primary(self._project, self._endpoint.branch_id)
        if primary is None:
            raise PostgresUnavailable(_ALONE)
        try:
            return Lease(await primary.awake())
        except (EndpointDisabled, QuotaExceeded) as exc:
            raise PostgresUnavailable(f"the read-write compute of the branch may not run: {exc}") from exc

    async def _furnished(self, server: Server) -> Session:
        """The primary has seen to what they share."""
        return Session(server.connect)

    async def _measure(self, session: Session) -> None:
        """The primary measures it."""
