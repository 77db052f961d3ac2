"""The record of what was intended and done: JSON lines, one file per tenant, on disk before a call returns.

A line that was never finished (no line feed) was never acknowledged: readers ignore it, the next writer
removes it.
"""

import errno
import fcntl
import json
import os
import re
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.errors import PrerequisiteError, RefusedError, UsageError
from portal.ports import JournalEntry

VERSION = 1
_SECONDS = 15.0
_LOCK_SECONDS = 10.0
_LOCK_STEP = 0.02
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
        await self._threads.call(_append, path, _line(entry), timeout=_SECONDS)

    async def entries(self, tenant: TenantKey) -> tuple[JournalEntry, ...]:
        """Oldest first. Raises RefusedError for a newer format or a damaged line."""
        path = self._path(tenant)
        text = await self._threads.call(_read, path, timeout=_SECONDS)
        complete = text.split("\n")[:-1]
        return tuple(_entry(line, number, path, tenant) for number, line in enumerate(complete, start=1))

    async def tenants(self) -> tuple[TenantKey, ...]:
        """Every tenant with a journal, sorted."""
        return await self._threads.call(_tenants, self._root, timeout=_SECONDS)

    @asynccontextmanager
    async def exclusive(self, tenant: TenantKey) -> AsyncIterator[None]:
        """The tenant's work lock, apart from the journal's own; the kernel frees it when its holder dies."""
        path = self._path(tenant).with_suffix(".lock")
        descriptor = await self._threads.call(_hold, path, str(tenant), timeout=_SECONDS)
        try:
            yield
        finally:
            os.close(descriptor)

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


def _append(path: Path, line: bytes) -> None:
    try:
        _private_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with _locked(descriptor, fcntl.LOCK_EX):
                first = _write(descriptor, line) == 0
        finally:
            os.close(descriptor)
        if first:
            _sync_directory(path.parent)
    except OSError as exc:
        raise PrerequisiteError(
            f"cannot write the journal {path}: {exc.strerror}",
            hint="Nothing further is done without it: free space, or name a writable state directory.",
        ) from exc


def _hold(path: Path, tenant: str) -> int:
    """A descriptor that holds the lock of the file until it is closed."""
    try:
        _private_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as exc:
        raise PrerequisiteError(
            f"cannot open {path}: {exc.strerror}", hint="Free space, or name a writable state directory."
        ) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise RefusedError(
            f"another portal on this machine works on {tenant}",
            hint="Wait until it has ended, then try again.",
        ) from exc
    return descriptor


def _write(descriptor: int, line: bytes) -> int:
    """One write and fsync behind the last complete line, whose end is returned; a short write is undone."""
    end = _complete_end(descriptor)
    os.ftruncate(descriptor, end)
    try:
        _write_whole(descriptor, line)
        _sync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise
    return end


def _write_whole(descriptor: int, line: bytes) -> None:
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, "no space left for a whole line")


def _complete_end(descriptor: int) -> int:
    """Offset just behind the last line feed; 0 in a file without one."""
    size = os.fstat(descriptor).st_size
    step = 4096
    end = size
    while end > 0:
        start = max(0, end - step)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _sync(descriptor: int) -> None:
    """To the medium: macOS needs F_FULLFSYNC for what fsync means elsewhere."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is not None:
        fcntl.fcntl(descriptor, full)
    else:
        os.fsync(descriptor)


def _private_directory(directory: Path) -> None:
    """Make it, and what is missing above it, readable by its owner alone."""
    if directory.is_dir():
        return
    _private_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    _sync_directory(directory.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(descriptor: int, mode: int) -> Iterator[None]:
    """The file's lock, waited for no longer than `_LOCK_SECONDS`."""
    never = threading.Event()
    for _ in range(int(_LOCK_SECONDS / _LOCK_STEP)):
        try:
            fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            never.wait(_LOCK_STEP)
    else:
        raise OSError(errno.EAGAIN, "another portal holds its lock")
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _read(path: Path) -> str:
    """The file's text under a shared lock, empty when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise PrerequisiteError(f"cannot read the journal {path}: {exc.strerror}") from exc
    with os.fdopen(descriptor, "rb") as file:
        try:
            with _locked(descriptor, fcntl.LOCK_SH):
                return file.read().decode(errors="replace")
        except OSError as exc:
            raise PrerequisiteError(f"cannot read the journal {path}: {exc.strerror}") from exc


def _tenants(root: Path) -> tuple[TenantKey, ...]:
    files = root.glob(f"*/*{_SUFFIX}")
    return tuple(sorted((TenantKey(file.stem, file.parent.name) for file in files), key=str))
