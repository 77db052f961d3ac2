"""Files that survive a crash: whole lines on disk before a call returns, one writer at a time.

Everything here blocks; it belongs on a thread.
"""

import errno
import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from portal.errors import PrerequisiteError, RefusedError

_LOCK_SECONDS = 10.0
_LOCK_STEP = 0.02
WAY_OUT = "Free space, or name a writable state directory with XDG_STATE_HOME."


class LineFile:
    """A file of lines under its exclusive lock; what follows the last line feed was never acknowledged."""

    def __init__(self, descriptor: int) -> None:
        """`began` once its first line was written."""
        self._descriptor = descriptor
        self.began = False

    def last(self) -> bytes:
        """The last complete line with its line feed; empty where there is none."""
        end = _line_end(self._descriptor, os.fstat(self._descriptor).st_size)
        begin = _line_end(self._descriptor, end - 1) if end else 0
        return os.pread(self._descriptor, end - begin, begin)

    def append(self, line: bytes) -> None:
        """One write and fsync behind the last complete line; a short write is undone."""
        end = _line_end(self._descriptor, os.fstat(self._descriptor).st_size)
        self.began = end == 0
        os.ftruncate(self._descriptor, end)
        try:
            _write_whole(self._descriptor, line)
            _sync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, end)
            raise


@contextmanager
def appending(path: Path, what: str) -> Iterator[LineFile]:
    """The file to append to, made where it is not there. `what` names it in a PrerequisiteError."""
    try:
        private_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            with _locked(descriptor, fcntl.LOCK_EX):
                file = LineFile(descriptor)
                yield file
        finally:
            os.close(descriptor)
        if file.began:
            sync_directory(path.parent)
    except OSError as exc:
        raise PrerequisiteError(
            f"cannot write {what} {path}: {exc.strerror}",
            hint=f"Nothing further is done without it. {WAY_OUT}",
        ) from exc


def _write_whole(descriptor: int, line: bytes) -> None:
    if os.write(descriptor, line) != len(line):
        raise OSError(errno.ENOSPC, "no space left for a whole line")


def _line_end(descriptor: int, before: int) -> int:
    """Offset just behind the last line feed that comes before an offset; 0 where none does."""
    step = 4096
    end = before
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


def private_directory(directory: Path) -> None:
    """Make it, and what is missing above it, readable by its owner alone."""
    if directory.is_dir():
        return
    private_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
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


def read_text(path: Path, what: str = "the journal") -> str:
    """The file's text under a shared lock, empty when there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return ""
    except OSError as exc:
        raise PrerequisiteError(f"cannot read {what} {path}: {exc.strerror}") from exc
    with os.fdopen(descriptor, "rb") as file:
        try:
            with _locked(descriptor, fcntl.LOCK_SH):
                return file.read().decode(errors="replace")
        except OSError as exc:
            raise PrerequisiteError(f"cannot read {what} {path}: {exc.strerror}") from exc


class WorkLock:
    """The lock of one file, taken on a thread and given back from the loop, in whichever order they come."""

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._mutex = threading.Lock()
        self._descriptor: int | None = None
        self._released = False

    def take(self) -> None:
        """Raises RefusedError when another process has it; takes nothing once it was released."""
        descriptor = self._open()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            os.close(descriptor)
            raise RefusedError(
                f"another portal on this machine works on {self._what}",
                hint="Wait until it has ended, then try again.",
            ) from exc
        with self._mutex:
            if not self._released:
                self._descriptor = descriptor
                return
        os.close(descriptor)

    def release(self) -> None:
        """Give it back; the kernel does the same when the process dies."""
        with self._mutex:
            descriptor, self._descriptor, self._released = self._descriptor, None, True
        if descriptor is not None:
            os.close(descriptor)

    def _open(self) -> int:
        try:
            private_directory(self._path.parent)
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as exc:
            raise PrerequisiteError(f"cannot open {self._path}: {exc.strerror}", hint=WAY_OUT) from exc
