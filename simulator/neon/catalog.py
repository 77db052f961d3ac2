"""Bring a compute's roles and databases to what the branch says; every name is a quoted identifier."""

from collections.abc import Awaitable, Callable
from typing import LiteralString

import psycopg
from psycopg import sql

from simulator.neon.model import Branch, Database, Delta, DropDatabase, DropRole, RenameDatabase, Role

Connection = psycopg.AsyncConnection[tuple[object, ...]]
Connect = Callable[[str], Awaitable[Connection]]

_GROUP = "neon_superuser"
_PRIVILEGES = "CREATEDB CREATEROLE BYPASSRLS REPLICATION"
_TEMPLATE: tuple[LiteralString, ...] = (
    f"CREATE ROLE {_GROUP} NOLOGIN {_PRIVILEGES}",
    f"GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO {_GROUP}",
)


async def prepare(connect: Connect) -> None:
    """What every branch starts with: the group that gives API-made roles their powers."""
    async with await connect("postgres") as connection:
        for statement in _TEMPLATE:
            await connection.execute(statement)


async def push(connect: Connect, branch: Branch) -> None:
    """Apply what waits on the branch: deltas, roles, databases; may be repeated after a failure."""
    async with await connect("postgres") as connection:
        while branch.deltas:
            await _delta(connect, connection, branch.deltas[0])
            del branch.deltas[0]
        for role in [r for r in branch.roles.values() if r.unapplied]:
            await _role(connection, role)
        for database in [d for d in branch.databases.values() if d.unapplied]:
            await _database(connection, database)


async def drop_sessions(connect: Connect) -> None:
    """End every client session except those of the control plane."""
    async with await connect("postgres") as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE backend_type IN ('client backend', 'walsender') AND usename <> current_user"
        )


async def _role(connection: Connection, role: Role) -> None:
    verifier, fingerprint = role.verifier, role.fingerprint
    exists = await _any(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role.name)
    attributes = sql.SQL("NOLOGIN") if verifier is None else sql.SQL("LOGIN PASSWORD {}").format(verifier)
    if exists:
        statement = sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role.name), attributes)
    else:
        statement = sql.SQL("CREATE ROLE {} INHERIT {} {} IN ROLE {}").format(
            sql.Identifier(role.name), sql.SQL(_PRIVILEGES), attributes, sql.Identifier(_GROUP)
        )
    await connection.execute(statement)
    role.unapplied, role.valid = role.verifier != verifier, fingerprint


async def _database(connection: Connection, database: Database) -> None:
    owner = database.owner_name
    exists = await _any(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database.name)
    form = sql.SQL("ALTER DATABASE {} OWNER TO {}" if exists else "CREATE DATABASE {} OWNER {}")
    await connection.execute(form.format(sql.Identifier(database.name), sql.Identifier(owner)))
    grant = sql.SQL("GRANT ALL PRIVILEGES ON DATABASE {} TO {}")
    await connection.execute(grant.format(sql.Identifier(database.name), sql.Identifier(_GROUP)))
    database.unapplied = database.owner_name != owner


async def _delta(connect: Connect, connection: Connection, delta: Delta) -> None:
    match delta:
        case RenameDatabase(old, new):
            await _rename(connection, old, new)
        case DropDatabase(name):
            await connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )
        case DropRole(name):
            await _drop_role(connect, connection, name)


async def _rename(connection: Connection, old: str, new: str) -> None:
    if not await _any(connection, "SELECT 1 FROM pg_database WHERE datname = %s", old):
        return
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [old]
    )
    statement = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    await connection.execute(statement.format(sql.Identifier(old), sql.Identifier(new)))


async def _drop_role(connect: Connect, connection: Connection, name: str) -> None:
    """Hand what the role owns in each database to that database's owner, then drop it."""
    if not await _any(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name):
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


async def _any(connection: Connection, query: LiteralString, value: str) -> bool:
    return await (await connection.execute(query, [value])).fetchone() is not None
