"""The audit trail of this machine: `<state_dir>/audit/log.jsonl`, one chain for all tenants, and its head.

The head is written after its line, so a crash leaves it behind and never ahead. A last line without a line
feed beyond the head was never acknowledged, and nothing was done on it: the next line takes its place.
"""

import errno
import os
import pwd
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from portal.adapters.durable_file import WAY_OUT, appending, private_directory, read_text, sync_directory
from portal.adapters.threads import Threads
from portal.core.audit import (
    NO_HEAD,
    AuditEntry,
    AuditEvent,
    Head,
    NewerFormat,
    agree,
    decode,
    encode,
    follow,
    verified,
)
from portal.errors import PrerequisiteError, RefusedError

T = TypeVar("T")

_SECONDS = 15.0
_PROBE_BYTES = 65536
_HEAD_BYTES = 20 + 1 + 64 + 1


class FileAudit:
    """`who` is the login and machine behind each line, by default those of this process."""

    def __init__(self, state_dir: Path, threads: Threads, who: str = "") -> None:
        self.directory = state_dir / "audit"
        self.log = self.directory / "log.jsonl"
        self.head = self.directory / "head"
        self._threads = threads
        self._who = who

    async def ready(self) -> None:
        """Raises PrerequisiteError where no line can be written, RefusedError where none may follow."""
        await self._call(self._ready)

    async def record(self, event: AuditEvent) -> None:
        """Returns once the line is on disk; raises as `ready`."""
        await self._call(self._append, event)

    async def entries(self) -> tuple[AuditEntry, ...]:
        """The whole chain, verified. Raises RefusedError naming the line that breaks it."""
        return await self._call(self._entries)

    async def _call(self, fn: Callable[..., T], *arguments: object) -> T:
        try:
            return await self._threads.call(fn, *arguments, timeout=_SECONDS)
        except TimeoutError as exc:
            raise PrerequisiteError(
                f"the disk of {self.directory} did not answer within {_SECONDS:g} s",
                hint="Nothing further is done without an audit trail.",
            ) from exc

    def _ready(self) -> None:
        """A file of the size of many lines is written, synced and removed again."""
        probe = self.directory / f".room-{os.getpid()}"
        try:
            private_directory(self.directory)
            descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            try:
                if os.write(descriptor, bytes(_PROBE_BYTES)) != _PROBE_BYTES:
                    raise OSError(errno.ENOSPC, "no space left for many lines")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
                probe.unlink()
        except OSError as exc:
            raise PrerequisiteError(
                f"cannot write the audit trail below {self.directory}: {exc.strerror}",
                hint=f"Nothing is done without it. {WAY_OUT}",
            ) from exc
        if self.log.exists() or self.head.exists():
            with appending(self.log, "the audit trail") as file:
                self._tail(file.last())

    def _append(self, event: AuditEvent) -> None:
        with appending(self.log, "the audit trail") as file:
            last = self._tail(file.last())
            if last is None:
                self._write_head(NO_HEAD)
            entry = follow(last, event, self._who or _login())
            file.append(encode(entry).encode() + b"\n")
            self._write_head(Head(entry.number, entry.hash))

    def _tail(self, line: bytes) -> AuditEntry | None:
        """The last entry, after which another may come; None where the chain begins."""
        try:
            last = decode(line.decode(errors="replace").removesuffix("\n")) if line else None
            agree(self._read_head(), last)
        except ValueError as exc:
            raise self._broken(exc) from exc
        return last

    def _entries(self) -> tuple[AuditEntry, ...]:
        """The head first: a line that another portal writes meanwhile makes it lag, not lead."""
        try:
            head = self._read_head()
            lines = read_text(self.log, "the audit trail").split("\n")[:-1]
            return verified(lines, head)
        except ValueError as exc:
            raise self._broken(exc) from exc

    def _read_head(self) -> Head | None:
        text = read_text(self.head, "the head of the audit trail")
        if not text:
            return None
        number, _, digest = text.strip().partition(" ")
        if len(text) != _HEAD_BYTES or not number.isdigit():
            raise ValueError("its head is damaged")
        return Head(int(number), digest)

    def _write_head(self, head: Head) -> None:
        """In place and of one length, so that no crash leaves half of it."""
        new = not self.head.exists()
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.head, flags, 0o600)
        try:
            os.pwrite(descriptor, f"{head.number:020d} {head.hash}\n".encode(), 0)
            if new:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_directory(self.directory)

    def _broken(self, why: ValueError) -> RefusedError:
        if isinstance(why, NewerFormat):
            hint = "Use the newer portal on this machine."
        else:
            hint = (
                f"Nothing is revealed or changed on it. Keep it as evidence, and begin a new one: "
                f"mv {self.directory} {self.directory}.kept"
            )
        return RefusedError(f"the audit trail {self.log}: {why}", hint=hint)


def _login() -> str:
    """`user@machine`; the number of a user without a name."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
