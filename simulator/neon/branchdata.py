"""The data of branches, by id: served, copied, put in the place of others; one thing at a time for each."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Protocol, TypeVar

import psycopg

from simulator.backends.postgres_backup import Connect
from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.neon.catalog import Connection

TEMPLATE = "template"
"""The name of the data every branch begins with."""
_TRIES = 3
_ENDING_SECONDS = 10.0


class Served(Protocol):
    """A server, as far as its data are concerned."""

    @property
    def ended(self) -> bool:
        """Whether it is gone, so that its data are at rest."""

    async def connect(self, database: str = "postgres") -> Connection:
        """A superuser's autocommit connection."""

    async def exited(self) -> object:
        """Return once it is gone."""


_Server = TypeVar("_Server", bound=Served)


class Store(Protocol):
    """Where data lie. A copy that fails or is cancelled leaves nothing under the name of its target.

    Everything raises PostgresUnavailable when the disk or the engine does not play along.
    """

    def has(self, name: str) -> bool:
        """Whether there are data of that name, whole."""

    async def duplicate(self, source: str, target: str) -> None:
        """Copy data no server runs on."""

    async def back_up(self, source: str, target: str, connect: Connect) -> None:
        """Copy data a server runs on; raises psycopg.Error, also when the server ends meanwhile."""

    async def move(self, source: str, target: str) -> None:
        """Give data another name."""

    async def remove(self, name: str) -> None:
        """Data of no such name are fine."""


class BranchData:
    """Every branch begins as a copy of the template. Data are replaced or removed once their server ended."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._servers: dict[str, Served] = {}

    async def serve(self, branch: str, start: Callable[[], Awaitable[_Server]]) -> _Server:
        """What `start` returns, a server on the branch's data, which are made when there are none."""
        async with self._holding(branch):
            if not self._store.has(branch):
                await self._store.duplicate(TEMPLATE, branch)
            server = await start()
            self._servers[branch] = server
            return server

    async def copy(self, parent: str, child: str) -> None:
        """Make `child` what `parent` is now, whose server goes on serving.

        A parent without data has none to copy, a child that has data keeps them. Raises PostgresUnavailable.
        """
        async with self._holding(parent, child):
            if self._store.has(parent) and not self._store.has(child):
                await self._copy(parent, child)

    async def restore(self, branch: str, source: str, kept_as: str | None) -> None:
        """Make `branch`, on which no server runs, what `source` is now; its own data stay as `kept_as`.

        May be repeated after a failure. Raises PostgresUnavailable.
        """
        fresh = f"{branch}.restored"
        async with self._holding(branch, source, *([kept_as] if kept_as else [])):
            await self._store.remove(fresh)
            if source == branch and kept_as and self._store.has(kept_as):
                source = kept_as
            if self._store.has(source):
                await self._copy(source, fresh)
            if kept_as and self._store.has(branch) and not self._store.has(kept_as):
                await self._store.move(branch, kept_as)
            await self._store.remove(branch)
            if self._store.has(fresh):
                await self._store.move(fresh, branch)

    async def forget(self, branch: str) -> None:
        """Remove the data of a branch, on which no server runs; raises PostgresUnavailable."""
        async with self._holding(branch):
            await self._store.remove(branch)
            self._servers.pop(branch, None)

    async def _copy(self, source: str, target: str) -> None:
        """By an online backup while a server runs; one that ends meanwhile leaves its files at rest."""
        for _ in range(_TRIES):
            server = self._servers.get(source)
            if server is None or server.ended:
                await self._store.duplicate(source, target)
                return
            try:
                await self._store.back_up(source, target, server.connect)
            except psycopg.Error as exc:
                await _ending(server, exc)
            else:
                return
        raise PostgresUnavailable("the data of the branch could not be copied")

    @asynccontextmanager
    async def _holding(self, *names: str) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for name in sorted(set(names)):
                await stack.enter_async_context(self._locks[name])
            yield


async def _ending(server: Served, reason: psycopg.Error) -> None:
    """Return once the server has ended; raises PostgresUnavailable when it was something else that failed."""
    try:
        async with asyncio.timeout(_ENDING_SECONDS):
            await server.exited()
    except TimeoutError:
        told = reason.diag.message_primary or type(reason).__name__
        raise PostgresUnavailable(f"the data of the branch could not be copied: {told}") from reason
