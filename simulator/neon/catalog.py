"""Bring a compute's roles and databases to what the branch says; every name is a quoted identifier."""

from collections.abc import Awaitable, Callable
from typing import LiteralString

import psycopg
from psycopg import sql

from simulator.neon import auth_schema
from simulator.neon.auth_schema import exists
from simulator.neon.model import (
    Branch,
    Database,
    Delta,
    DropDatabase,
    DropRole,
    DropSchema,
    EmptyTables,
    RenameDatabase,
    Role,
    SyncAuth,
)
from simulator.neon.signing import Auth

Connection = psycopg.AsyncConnection[tuple[object, ...]]
Connect = Callable[[str], Awaitable[Connection]]

_GROUP = "neon_superuser"
_DATABASE: LiteralString = "SELECT 1 FROM pg_database WHERE datname = %s"
_ROLE: LiteralString = "SELECT 1 FROM pg_roles WHERE rolname = %s"
_TABLES = (
    "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)
_PRIVILEGES = "CREATEDB CREATEROLE BYPASSRLS REPLICATION"
_COPIES_FILES = 150_000
"""Servers from here on can be told to copy files for a new database, a third of the cost of logging pages."""
_TEMPLATE: tuple[LiteralString, ...] = (
    f"CREATE ROLE {_GROUP} NOLOGIN {_PRIVILEGES}",
    f"GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO {_GROUP}",
)


async def prepare(connect: Connect) -> None:
    """What every branch starts with: the group that gives API-made roles their powers."""
    async with await connect("postgres") as connection:
        for statement in _TEMPLATE:
            await connection.execute(statement)


async def push(connection: Connection, connect: Connect, branch: Branch) -> None:
    """Apply what waits on the branch: deltas, roles, databases; may be repeated after a failure.

    `connection` is to the database `postgres`; `connect` leads into others, where that is needed.
    """
    await _deltas(connect, connection, branch, last=False)
    for role in [r for r in branch.roles.values() if r.unapplied]:
        await _role(connection, role)
    for database in [d for d in branch.databases.values() if d.unapplied]:
        await _database(connection, database)
    await _deltas(connect, connection, branch, last=True)


async def measured(connection: Connection) -> tuple[int, int]:
    """Bytes of all databases, and the position in the write-ahead log as bytes since its beginning."""
    cursor = await connection.execute(
        "SELECT sum(pg_database_size(oid))::bigint, "
        "pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint FROM pg_database WHERE NOT datistemplate"
    )
    row = await cursor.fetchone()
    size, position = row if row is not None else (0, 0)
    return int(str(size)), int(str(position))


async def drop_sessions(connection: Connection) -> None:
    """End every client session except those of the control plane."""
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE backend_type IN ('client backend', 'walsender') AND usename <> current_user"
    )


async def _role(connection: Connection, role: Role) -> None:
    verifier, fingerprint = role.verifier, role.fingerprint
    known = await exists(connection, _ROLE, role.name)
    attributes = sql.SQL("NOLOGIN") if verifier is None else sql.SQL("LOGIN PASSWORD {}").format(verifier)
    if known:
        statement = sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role.name), attributes)
    else:
        statement = sql.SQL("CREATE ROLE {} INHERIT {} {} IN ROLE {}").format(
            sql.Identifier(role.name), sql.SQL(_PRIVILEGES), attributes, sql.Identifier(_GROUP)
        )
    await connection.execute(statement)
    role.unapplied, role.valid = role.verifier != verifier, fingerprint


async def _database(connection: Connection, database: Database) -> None:
    owner = database.owner_name
    known = await exists(connection, _DATABASE, database.name)
    form = sql.SQL("ALTER DATABASE {} OWNER TO {}" if known else "CREATE DATABASE {} OWNER {}")
    statement = form.format(sql.Identifier(database.name), sql.Identifier(owner))
    if not known and connection.info.server_version >= _COPIES_FILES:
        statement += sql.SQL(" STRATEGY file_copy")
    await connection.execute(statement)
    grant = sql.SQL("GRANT ALL PRIVILEGES ON DATABASE {} TO {}")
    await connection.execute(grant.format(sql.Identifier(database.name), sql.Identifier(_GROUP)))
    database.unapplied = database.owner_name != owner


async def _deltas(connect: Connect, connection: Connection, branch: Branch, *, last: bool) -> None:
    """In the order they came; those that need the databases there come last."""
    for delta in list(branch.deltas):
        if isinstance(delta, SyncAuth) is last:
            await _delta(connect, connection, delta, branch.auth)
            branch.deltas.remove(delta)


async def _delta(connect: Connect, connection: Connection, delta: Delta, auth: Auth | None) -> None:
    match delta:
        case RenameDatabase(old, new):
            await _rename(connection, old, new)
        case DropDatabase(name):
            await connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
        case DropRole(name):
            await _drop_role(connect, connection, name)
        case DropSchema(database, name):
            await _drop_schema(connect, connection, database, name)
        case SyncAuth(removed):
            await auth_schema.sync(connect, auth, removed)
        case EmptyTables():
            await _empty(connect, connection)


async def _rename(connection: Connection, old: str, new: str) -> None:
    if not await exists(connection, _DATABASE, old):
        return
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [old]
    )
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    await connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))


async def _drop_role(connect: Connect, connection: Connection, name: str) -> None:
    """Hand what the role owns in each database to that database's owner, then drop it."""
    if not await exists(connection, _ROLE, name):
        return
    cursor = await connection.execute(
        "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datallowconn"
    )
    gone = sql.Identifier(name)
    for datname, owner in await cursor.fetchall():
        async with await connect(str(datname)) as inside:
            heir = sql.Identifier(str(owner))
            await inside.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(gone, heir))
            await inside.execute(sql.SQL("DROP OWNED BY {}").format(gone))
    await connection.execute(sql.SQL("DROP ROLE {}").format(gone))


async def _drop_schema(connect: Connect, connection: Connection, database: str, name: str) -> None:
    if not await exists(connection, _DATABASE, database):
        return
    async with await connect(database) as inside:
        await inside.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


async def _empty(connect: Connect, connection: Connection) -> None:
    """Take the rows out of every table users made."""
    cursor = await connection.execute("SELECT datname FROM pg_database WHERE datallowconn")
    for (datname,) in await cursor.fetchall():
        async with await connect(str(datname)) as inside:
            tables = await (await inside.execute(_TABLES)).fetchall()
            names = [sql.Identifier(str(schema), str(table)) for schema, table in tables]
            if names:
                statement = sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE")
                await inside.execute(statement.format(sql.SQL(", ").join(names)))
