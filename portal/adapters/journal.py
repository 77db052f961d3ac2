"""The record of what was intended and done: JSON lines, one file per tenant, on disk before a call returns.

A line that was never finished (no line feed) was never acknowledged: readers ignore it, the next writer
removes it.
"""

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from portal.adapters.durable_file import WorkLock, append_line, read_text
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.errors import PrerequisiteError, RefusedError, UsageError
from portal.ports import JournalEntry

T = TypeVar("T")

VERSION = 1
_SECONDS = 15.0
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIX = ".jsonl"


class FileJournal:
    """Journals below `<state_dir>/journal/<environment>/<service>.jsonl`, directories 0700, files 0600.

    Every line carries the format's version; a file lock keeps two portals on one host apart.
    """

    def __init__(self, state_dir: Path, threads: Threads) -> None:
        self._root = state_dir / "journal"
        self._threads = threads

    async def append(self, entry: JournalEntry) -> None:
        """Returns once the line is on disk. Raises PrerequisiteError when it cannot be."""
        path = self._path(entry.tenant)
        await self._call(append_line, path, _line(entry))

    async def entries(self, tenant: TenantKey) -> tuple[JournalEntry, ...]:
        """Oldest first. Raises RefusedError for a newer format or a damaged line."""
        path = self._path(tenant)
        text = await self._call(read_text, path)
        complete = text.split("\n")[:-1]
        return tuple(_entry(line, number, path, tenant) for number, line in enumerate(complete, start=1))

    async def tenants(self) -> tuple[TenantKey, ...]:
        """Every tenant with a journal, sorted."""
        return await self._call(_tenants, self._root)

    @asynccontextmanager
    async def exclusive(self, tenant: TenantKey) -> AsyncIterator[None]:
        """The tenant's work lock, apart from the journal's own; the kernel frees it when its holder dies."""
        lock = WorkLock(self._path(tenant).with_suffix(".lock"), str(tenant))
        try:
            await self._call(lock.take)
            yield
        finally:
            lock.release()

    async def _call(self, fn: Callable[..., T], *arguments: object) -> T:
        try:
            return await self._threads.call(fn, *arguments, timeout=_SECONDS)
        except TimeoutError as exc:
            raise PrerequisiteError(
                f"the disk below {self._root} did not answer within {_SECONDS:g} s",
                hint="Whether the last line was written is seen by running again.",
            ) from exc

    def _path(self, tenant: TenantKey) -> Path:
        for name in (tenant.service, tenant.environment):
            if not _NAME.fullmatch(name):
                raise UsageError(f"{name!r} is not a service or environment name")
        return self._root / tenant.environment / f"{tenant.service}{_SUFFIX}"


def _line(entry: JournalEntry) -> bytes:
    document = {
        "v": VERSION,
        "run": entry.run,
        "tenant": str(entry.tenant),
        "kind": entry.kind,
        "step": entry.step,
        "at": entry.at,
        "data": dict(entry.data),
    }
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def _entry(line: str, number: int, path: Path, tenant: TenantKey) -> JournalEntry:
    try:
        document: dict[str, Any] = json.loads(line)
        version = document["v"]
        if isinstance(version, int) and version > VERSION:
            raise RefusedError(
                f"{path} was written by a newer portal (format {version}, this one knows {VERSION})",
                hint="Use the newer portal for this tenant.",
            )
        return JournalEntry(
            run=document["run"],
            tenant=tenant,
            kind=document["kind"],
            step=document["step"],
            at=document["at"],
            data=dict(document["data"]),
        )
    except (ValueError, KeyError, TypeError) as exc:
        raise RefusedError(
            f"line {number} of {path} is damaged",
            hint="Move the file away and apply again: the marks in Neon, SSM and git tell what was done.",
        ) from exc


def _tenants(root: Path) -> tuple[TenantKey, ...]:
    files = root.glob(f"*/*{_SUFFIX}")
    return tuple(sorted((TenantKey(file.stem, file.parent.name) for file in files), key=str))
