"""`portal.ports.Sql` over PostgreSQL: one session a call, one transaction a change, names always quoted.

Roles made here carry a comment that says whose they are; a role without it is somebody else's.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from portal.core.dsn import password_of
from portal.core.redaction import redact
from portal.core.secrets import Secret
from portal.errors import AccessDenied, Locked, Precondition, RefusedError, RemoteError, Unreachable

if TYPE_CHECKING:
    from psycopg import AsyncConnection

SYSTEM = "neon"
MARK = "managed-by zerotouch-portal"
# A compute that is idle takes seconds to wake; statements here touch the catalogue only.
_CONNECT_SECONDS = 20
_SECONDS = 45.0
_LIMITS = ("SET LOCAL lock_timeout = '5s'", "SET LOCAL statement_timeout = '30s'")
_REFUSED = re.compile(r"password authentication failed|not permitted to log in|role .* does not exist")
_KNOWN = "SELECT coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = %s"


class PostgresSql:
    """Nothing is kept between calls; the driver is loaded by the first one."""

    async def login(self, uri: Secret) -> str:
        """The role a connection string logs in as."""
        async with _session(uri, "login") as connection:
            return str(await _one(connection, "SELECT session_user"))

    async def share_ownership(self, owner: Secret, group: str) -> None:
        """Give what the owner owns in its database to a group it is in; the database itself stays its own."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - most calls of the portal need no SQL

        async with _session(owner, "share ownership") as connection:
            await _ensure_role(connection, group)
            named = {
                "group": Identifier(group),
                "owner": Identifier(str(await _one(connection, "SELECT session_user"))),
                "database": Identifier(str(await _one(connection, "SELECT current_database()"))),
            }
            for statement in (
                "GRANT {group} TO {owner}",
                "GRANT ALL ON DATABASE {database} TO {group}",
                "GRANT ALL ON SCHEMA public TO {group}",
                "REASSIGN OWNED BY {owner} TO {group}",
                "ALTER DATABASE {database} OWNER TO {owner}",
            ):
                await connection.execute(SQL(statement).format(**named))

    async def set_login(self, owner: Secret, role: str, group: str, password: Secret) -> None:
        """A login role with this password that works as the group, made or changed."""
        from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - as above

        async with _session(owner, "set login") as connection:
            await _ensure_role(connection, role)
            named = {
                "group": Identifier(group),
                "role": Identifier(role),
                "database": Identifier(str(await _one(connection, "SELECT current_database()"))),
                "password": Literal(password.reveal("set the password of a role")),
            }
            for statement in (
                "ALTER ROLE {role} LOGIN PASSWORD {password}",
                "GRANT {group} TO {role}",
                "ALTER ROLE {role} IN DATABASE {database} SET role TO {group}",
            ):
                await connection.execute(SQL(statement).format(**named))

    async def forbid_login(self, owner: Secret, role: str) -> int:
        """No new session of the role from here on; how many are still open."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - as above

        async with _session(owner, "forbid login") as connection:
            if await _known(connection, role):
                statement = SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(Identifier(role))
                await connection.execute(statement)
            left = "SELECT count(*) FROM pg_stat_activity WHERE usename = %s"
            return int(str(await _one(connection, left, role)))

    async def drop_roles(self, owner: Secret, roles: Sequence[str]) -> None:
        """Drop roles made here, what they own going to the owner; those that are gone are passed over."""
        from psycopg.sql import SQL, Identifier  # noqa: PLC0415 - as above

        async with _session(owner, "drop roles") as connection:
            for role in roles:
                if not await _known(connection, role):
                    continue
                for statement in (
                    "GRANT {} TO session_user",
                    "REASSIGN OWNED BY {} TO session_user",
                    "DROP OWNED BY {}",
                    "DROP ROLE {}",
                ):
                    await connection.execute(SQL(statement).format(Identifier(role)))


@asynccontextmanager
async def _session(uri: Secret, operation: str) -> AsyncIterator["AsyncConnection[Any]"]:
    """One transaction, committed at the end; every failure as one of the portal's errors."""
    import psycopg  # noqa: PLC0415 - as above

    known = [secret for secret in (uri, password_of(uri)) if secret]
    try:
        async with asyncio.timeout(_SECONDS):
            connection = await psycopg.AsyncConnection.connect(
                uri.reveal("log in to a database"),
                connect_timeout=_CONNECT_SECONDS,
                prepare_threshold=None,
                application_name="zerotouch-portal",
            )
            async with connection:
                for limit in _LIMITS:
                    await connection.execute(limit)
                yield connection
    except TimeoutError:
        raise _failed(Unreachable, f"no answer within {_SECONDS:g} s", operation) from None
    except psycopg.Error as exc:
        raise _translated(exc, operation, known) from None


def _translated(exc: Any, operation: str, known: Sequence[Secret]) -> RemoteError:
    """By SQLSTATE; libpq tells none for a refused login, so its words decide there."""
    state, text = exc.sqlstate or "", redact(str(exc), known)
    if state.startswith("28") or state == "42501" or (not state and _REFUSED.search(str(exc))):
        return _failed(AccessDenied, text, operation)
    if state in {"55P03", "40P01", "57014"}:
        return _failed(Locked, text, operation)
    if not state or state.startswith(("08", "53", "57")):
        return _failed(Unreachable, text, operation)
    return _failed(Precondition, text, operation)


def _failed(kind: type[RemoteError], text: str, operation: str) -> RemoteError:
    return kind(text, system=SYSTEM, operation=operation, target="database")


async def _one(connection: "AsyncConnection[Any]", query: str, *values: str) -> object:
    cursor = await connection.execute(query.encode(), list(values))
    row = await cursor.fetchone()
    return row[0] if row else None


async def _known(connection: "AsyncConnection[Any]", role: str) -> bool:
    """Whether the role is there and made here; raises RefusedError for somebody else's."""
    comment = await _one(connection, _KNOWN, role)
    if comment is not None and comment != MARK:
        raise RefusedError(
            f"role {role} exists and was not made by the portal; it is not touched",
            system=SYSTEM,
            operation="look at a role",
            target=role,
        )
    return comment is not None


async def _ensure_role(connection: "AsyncConnection[Any]", role: str) -> None:
    """Made and marked in the same transaction."""
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - as above

    if not await _known(connection, role):
        await connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(role)))
        statement = SQL("COMMENT ON ROLE {} IS {}").format(Identifier(role), Literal(MARK))
        await connection.execute(statement)
