"""What the control plane does with an awake compute again and again, over lasting sessions of its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import LiteralString

import psycopg

from simulator.backends.scram import Verifier, parsed
from simulator.neon.catalog import Connect, Connection

_CLOSE_SECONDS = 1.0
_VERIFIER = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
_BUSY = (
    "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type IN ('client backend', 'walsender') "
    "AND usename IS DISTINCT FROM current_user AND state IS DISTINCT FROM 'idle')"
)


class Session:
    """Opened when first used and again when it was lost; to be closed before the server is."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Connection]:
        """The session to oneself, in the database `postgres`; after a failure the next turn has another.

        Raises psycopg.Error.
        """
        async with self._turn:
            if self._closed:
                raise psycopg.OperationalError("the compute is being stopped")
            if self._connection is None:
                self._connection = await self._connect("postgres")
            try:
                yield self._connection
            except BaseException:
                await self._drop()
                raise

    async def close(self) -> None:
        """Let go of it; a turn still on is left to end with the server."""
        self._closed = True
        try:
            async with asyncio.timeout(_CLOSE_SECONDS), self._turn:
                await self._drop()
        except TimeoutError:
            return

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


class Observer(Session):
    """Asks what every login and every suspend needs to know; nothing slow keeps its session."""

    async def verifier(self, role: str) -> Verifier | None:
        """How the role proves its password now; None when it has none. Raises psycopg.Error."""
        row = await self._row(_VERIFIER, [role])
        return parsed(row[0]) if row and isinstance(row[0], str) else None

    async def busy(self) -> bool:
        """Whether a statement runs or a transaction is open in any client's session. Raises psycopg.Error."""
        row = await self._row(_BUSY, [])
        return bool(row and row[0])

    async def _row(self, query: LiteralString, values: list[str]) -> tuple[object, ...] | None:
        try:
            return await self._asked(query, values)
        except psycopg.OperationalError:
            return await self._asked(query, values)

    async def _asked(self, query: LiteralString, values: list[str]) -> tuple[object, ...] | None:
        async with self.turn() as connection:
            return await (await connection.execute(query, values)).fetchone()
