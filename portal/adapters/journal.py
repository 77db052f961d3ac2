"""The record of what was intended and done: JSON lines, one file per tenant, on disk before a call returns.

A line that was never finished (no line feed) was never acknowledged: readers ignore it, the next writer
removes it. Each line's sum covers the line and the sum before it, so that an edited journal is refused.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from portal.adapters.durable_file import WorkLock, appending, read_text
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.errors import PrerequisiteError, RefusedError, UsageError
from portal.ports import JournalEntry

T = TypeVar("T")

VERSION = 1
_SECONDS = 15.0
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SUFFIX = ".jsonl"
_FIELDS = {"v", "run", "tenant", "kind", "step", "at", "data", "sum"}
_SUM_DIGITS = 32


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
        await self._call(_append, path, entry)

    async def entries(self, tenant: TenantKey) -> tuple[JournalEntry, ...]:
        """Oldest first. Raises RefusedError for a newer format, and a damaged or edited line."""
        path = self._path(tenant)
        text = await self._call(read_text, path)
        found: list[JournalEntry] = []
        before = ""
        for number, line in enumerate(text.split("\n")[:-1], start=1):
            entry, before = _entry(line, f"line {number} of {path}", path, tenant, before)
            found.append(entry)
        return tuple(found)

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


def _append(path: Path, entry: JournalEntry) -> None:
    """Behind the last line, which must be one of ours."""
    with appending(path, "the journal") as file:
        last, before = file.last(), ""
        if last:
            text = last.decode(errors="replace").removesuffix("\n")
            before = _document(text, f"the last line of {path}", path)["sum"]
        file.append(_line(entry, before))


def _line(entry: JournalEntry, before: str) -> bytes:
    document = {
        "v": VERSION,
        "run": entry.run,
        "tenant": str(entry.tenant),
        "kind": entry.kind,
        "step": entry.step,
        "at": entry.at,
        "data": dict(entry.data),
    }
    return _canonical({**document, "sum": _sum(document, before)}) + b"\n"


def _entry(line: str, where: str, path: Path, tenant: TenantKey, before: str) -> tuple[JournalEntry, str]:
    """The entry of a line and its sum, which must follow the sum before it."""
    document = _document(line, where, path)
    told = document.pop("sum")
    if told != _sum(document, before) or document["tenant"] != str(tenant):
        raise _refusal(f"{where} was edited, or lines before it are missing", path)
    entry = JournalEntry(
        run=document["run"],
        tenant=tenant,
        kind=document["kind"],
        step=document["step"],
        at=document["at"],
        data=dict(document["data"]),
    )
    return entry, told


def _document(line: str, where: str, path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(line)
        newer = isinstance(document["v"], int) and document["v"] > VERSION
        complete = document.keys() == _FIELDS and isinstance(document["data"], dict)
    except (ValueError, KeyError, TypeError):
        raise _refusal(f"{where} is damaged", path) from None
    if newer:
        raise RefusedError(
            f"{path} was written by a newer portal (format {document['v']}, this one knows {VERSION})",
            hint="Use the newer portal for this tenant.",
        )
    if not complete:
        raise _refusal(f"{where} is damaged", path)
    return document


def _refusal(cause: str, path: Path) -> RefusedError:
    return RefusedError(
        cause,
        hint=f"Keep it, and go on without it: mv {path} {path}.kept, then apply again. The marks in Neon, "
        "Parameter Store and git tell what was done.",
    )


def _sum(document: Mapping[str, Any], before: str) -> str:
    return hashlib.sha256(before.encode() + _canonical(document)).hexdigest()[:_SUM_DIGITS]


def _canonical(document: Mapping[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode()


def _tenants(root: Path) -> tuple[TenantKey, ...]:
    files = root.glob(f"*/*{_SUFFIX}")
    return tuple(sorted((TenantKey(file.stem, file.parent.name) for file in files), key=str))
