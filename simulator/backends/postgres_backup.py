"""Copying the data of a PostgreSQL server that goes on serving, by its own online backup.

While a backup lasts the files may be copied as they are, torn pages included: a server started on the copy
replays the log between the backup's two ends first.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg

Connect = Callable[[], Awaitable["psycopg.AsyncConnection[tuple[object, ...]]"]]

LABEL = "backup_label"
"""The file by which a server knows what it was started on."""
LOG = "pg_wal"
"""The directory of the log."""
LIVING = ("postmaster.pid", "postmaster.opts")
"""Files of the running server, no part of its data."""
EMPTIED = (
    "pg_replslot",
    "pg_dynshmem",
    "pg_notify",
    "pg_serial",
    "pg_snapshots",
    "pg_stat_tmp",
    "pg_subtrans",
)
"""Directories whose contents belong to the running server or are made anew at its start."""

# Before version 15 the functions had other names.
_RENAMED = 150000
_BEGIN: dict[bool, LiteralString] = {
    True: "SELECT pg_walfile_name(pg_backup_start('branch', true))",
    False: "SELECT pg_walfile_name(pg_start_backup('branch', true, false))",
}
_END: dict[bool, LiteralString] = {
    True: "SELECT pg_walfile_name(lsn), labelfile FROM pg_backup_stop(false)",
    False: "SELECT pg_walfile_name(lsn), labelfile FROM pg_stop_backup(false, false)",
}
# A slot of this session keeps the log from being recycled for as long as the session lasts.
_KEEP_LOG = "SELECT pg_create_physical_replication_slot('branch_' || pg_backend_pid(), true, true)"
_SEGMENTS = "SELECT name FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$' AND name BETWEEN %s AND %s"


@dataclass(frozen=True, slots=True)
class Ended:
    """What completes a copy: the text of LABEL, and the names of the files of LOG."""

    label: str
    segments: tuple[str, ...]


class Backup:
    """One under way; the log may be copied until its context ends."""

    def __init__(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]", first: str) -> None:
        self._connection = connection
        self._first = first

    async def end(self) -> Ended:
        """To be called once, when everything but the log has been copied."""
        statement = _END[self._connection.info.server_version >= _RENAMED]
        last, label = (await (await self._connection.execute(statement)).fetchall())[0]
        found = await (await self._connection.execute(_SEGMENTS, [self._first, last])).fetchall()
        return Ended(str(label), tuple(str(name) for (name,) in found))


@asynccontextmanager
async def backup(connect: Connect) -> AsyncIterator[Backup]:
    """Begin one in a session of its own; breaking off ends it. Raises psycopg.Error."""
    async with await connect() as connection:
        await connection.execute(_KEEP_LOG)
        statement = _BEGIN[connection.info.server_version >= _RENAMED]
        first = (await (await connection.execute(statement)).fetchall())[0][0]
        yield Backup(connection, str(first))
