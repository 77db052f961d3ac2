"""The tables of Neon Auth in the database it was enabled for."""

from collections.abc import Awaitable, Callable
from typing import LiteralString

import psycopg

from simulator.neon.signing import Auth

Connection = psycopg.AsyncConnection[tuple[object, ...]]
Connect = Callable[[str], Awaitable[Connection]]
SCHEMA, TABLE = "neon_auth", "user"
_FORM: tuple[LiteralString, ...] = (
    "CREATE SCHEMA IF NOT EXISTS neon_auth",
    (
        'CREATE TABLE IF NOT EXISTS neon_auth."user" (id uuid PRIMARY KEY, name text NOT NULL, '
        'email text NOT NULL UNIQUE, "emailVerified" boolean NOT NULL DEFAULT false, role text, '
        '"createdAt" timestamptz NOT NULL DEFAULT now(), "updatedAt" timestamptz NOT NULL DEFAULT now())'
    ),
)
_PUT = (
    'INSERT INTO neon_auth."user" (id, name, email, role) VALUES (%s, %s, %s, %s) '
    "ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, "
    '"updatedAt" = now()'
)


async def sync(connect: Connect, auth: Auth | None, removed: str | None) -> None:
    """Make the tables, put every user of the directory there, take the removed one out."""
    if auth is None:
        return
    async with await connect("postgres") as connection:
        if not await exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", auth.database):
            return
    async with await connect(auth.database) as connection:
        for statement in _FORM:
            await connection.execute(statement)
        if removed is not None:
            await connection.execute('DELETE FROM neon_auth."user" WHERE id = %s', [removed])
        for user in auth.users.values():
            row = [user.id, user.name, user.email, ",".join(user.roles) or None]
            await connection.execute(_PUT, row)


async def exists(connection: Connection, query: LiteralString, value: str) -> bool:
    """Whether the query, given one value, finds anything."""
    return await (await connection.execute(query, [value])).fetchone() is not None
