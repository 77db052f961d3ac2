"""Data directories of PostgreSQL: copied as cheaply as the file system allows, moved, removed.

Work on files runs on a thread of its own, and a copy appears under its name only once it is whole.
"""

import asyncio
import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from simulator.backends import trees
from simulator.backends.postgres_backup import EMPTIED, LABEL, LIVING, LOG, Connect, Ended, backup
from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.backends.unprivileged import Quarters

_Result = TypeVar("_Result")
_CONTROL = Path("global", "pg_control")
_TEMPORARY = ("pgsql_tmp", "pg_internal.init")
_TOP = Path()
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_MODE = 0o600
_CHUNK = 1 << 24
_LOOKS = 10


class Unsteady(OSError):
    """A file of the server changed with every look at it."""


@dataclass(frozen=True, slots=True)
class Directories:
    """The directories within `quarters`, by name; PostgresUnavailable when the disk does not play along."""

    quarters: Quarters

    def at(self, name: str) -> Path:
        return self.quarters.directory / name

    def has(self, name: str) -> bool:
        return self.at(name).exists()

    async def duplicate(self, source: str, target: str) -> None:
        """Copy data no server runs on."""
        await self.bring(self.at(source), target)

    async def bring(self, source: Path, target: str) -> None:
        """Copy data no server runs on, from anywhere."""

        def copy() -> None:
            self._fill(source, partial, _left_out)
            partial.rename(self.at(target))

        async with self._begun(target) as partial:
            await _on_a_thread(copy)

    async def back_up(self, source: str, target: str, connect: Connect) -> None:
        """Copy data a server runs on; raises psycopg.Error, also when the server ends meanwhile."""

        def body() -> None:
            self._fill(self.at(source), partial, lambda path: _left_out(path) or _of_the_log(path))
            self._copy_control(self.at(source), partial)

        def rest(ended: Ended) -> None:
            for name in ended.segments:
                self._copy(self.at(source) / LOG / name, partial / LOG / name)
            self._write(partial / LABEL, ended.label.encode())
            partial.rename(self.at(target))

        async with self._begun(target) as partial, backup(connect) as running:
            await _on_a_thread(body)
            ended = await running.end()
            await _on_a_thread(lambda: rest(ended))

    async def move(self, source: str, target: str) -> None:
        self.at(source).rename(self.at(target))

    async def remove(self, name: str) -> None:
        """Out of the way at once; what is gone already is fine."""
        gone = self.at(f"{name}.gone")
        if self.has(name):
            await _on_a_thread(lambda: _remove(self.at(name), gone))

    @asynccontextmanager
    async def _begun(self, target: str) -> AsyncIterator[Path]:
        """An empty directory beside the target's, which goes again when the copy does not succeed."""
        partial = self.at(f"{target}.partial")
        await _on_a_thread(lambda: trees.remove(partial))
        self._directory(partial)
        try:
            yield partial
        except BaseException:
            await _on_a_thread(lambda: trees.remove(partial))
            raise

    def _fill(self, source: Path, target: Path, left_out: Callable[[Path], bool]) -> None:
        def copy(path: Path) -> None:
            with contextlib.suppress(FileNotFoundError):  # removed by the server since it was listed
                self._copy(source / path, target / path)

        trees.each(copy, list(self._files(source, target, left_out)))

    def _files(
        self, source: Path, target: Path, left_out: Callable[[Path], bool], below: Path = _TOP
    ) -> Iterator[Path]:
        """The files to copy, by their paths within `source`; their directories are made on the way."""
        with os.scandir(source / below) as found:
            entries = [(below / entry.name, entry.is_dir(follow_symlinks=False)) for entry in found]
        for path, directory in entries:
            if left_out(path):
                continue
            if not directory:
                yield path
                continue
            self._directory(target / path)
            with contextlib.suppress(FileNotFoundError):  # removed by the server since it was listed
                yield from self._files(source, target, left_out, path)

    def _copy_control(self, source: Path, target: Path) -> None:
        """The one file that must not be torn; the server rewrites it in place."""
        before = b""
        for _ in range(_LOOKS):
            now = (source / _CONTROL).read_bytes()
            if now == before:
                self._write(target / _CONTROL, now)
                return
            before = now
        raise Unsteady(f"{_CONTROL} did not keep still")

    def _directory(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        self.quarters.own(path)

    def _copy(self, source: Path, target: Path) -> None:
        clone(source, target)
        self.quarters.own(target)

    def _write(self, target: Path, contents: bytes) -> None:
        with os.fdopen(os.open(target, _NEW, _MODE), "wb") as file:
            file.write(contents)
        self.quarters.own(target)


def clone(source: Path, target: Path) -> None:
    """A copy of a file's contents, for its owner alone; file systems that can share the blocks of both do."""
    with contextlib.ExitStack() as stack:
        old = os.open(source, os.O_RDONLY)
        stack.callback(os.close, old)
        new = os.open(target, _NEW, _MODE)
        stack.callback(os.close, new)
        if not _shared(old, new):
            os.lseek(old, 0, os.SEEK_SET)
            os.ftruncate(new, os.lseek(new, 0, os.SEEK_SET))
            with open(old, "rb", closefd=False) as reader, open(new, "wb", closefd=False) as writer:
                shutil.copyfileobj(reader, writer)


def _shared(old: int, new: int) -> bool:
    """Let the kernel copy; False where it does not between these files."""
    if sys.platform != "linux":
        return False
    try:
        while os.copy_file_range(old, new, _CHUNK):
            pass
    except OSError:
        return False
    return True


def _left_out(path: Path) -> bool:
    """What a server keeps for itself, by its path within the data directory."""
    if len(path.parts) == 1:
        return path.name in LIVING
    return path.parts[0] in EMPTIED or path.name.startswith(_TEMPORARY)


def _of_the_log(path: Path) -> bool:
    return (path.parts[0] == LOG and len(path.parts) > 1) or path == _CONTROL


def _remove(path: Path, gone: Path) -> None:
    trees.remove(gone)
    path.rename(gone)
    trees.remove(gone)


async def _on_a_thread(work: Callable[[], _Result]) -> _Result:
    """A cancelled caller still waits for what has begun, so that nothing is written after it has gone."""
    with ThreadPoolExecutor(1, "postgres-files") as executor:
        running = asyncio.get_running_loop().run_in_executor(executor, work)
        try:
            return await asyncio.shield(running)
        except OSError as exc:
            raise PostgresUnavailable(f"data of PostgreSQL could not be copied: {exc}") from exc
        except asyncio.CancelledError:
            await asyncio.wait([running])
            if running.done() and not running.cancelled():
                running.exception()
            raise
