"""The output of a container, followed into a file, and how each of its lives ended."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from simulator.backends.containers import wire
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.threads import in_thread

_LOST_SECONDS = 5.0
"""How long an engine may be away before its container is taken for lost."""
_ATTEMPT_SECONDS = 0.5
_HEADER = 8
_GONE = 404


@dataclass(frozen=True, slots=True)
class Exit:
    """`status` is None where nobody can tell: the container was removed, or its engine does not answer."""

    status: int | None
    out_of_memory: bool = False
    what: str = ""

    def __str__(self) -> str:
        return self.what or f"ended with status {self.status}"


class Follower:
    """Follows one life after the other, from the loop that made it; `ended` belongs to the present one."""

    def __init__(self, url: str, container_id: str, log: Path) -> None:
        self._url = url
        self._id = container_id
        self._log = log
        self._life: _Life | None = None
        self.ended: asyncio.Future[Exit] = asyncio.get_running_loop().create_future()

    def begin(self) -> None:
        """Follow its present life, from where the one before ended."""
        since = self._life.finished if self._life else ""
        self._life = _Life(self._url, self._id, os.fdopen(_appending(self._log), "ab", buffering=0), since)
        self.ended = in_thread(self._life.follow, f"follow {self._id[:12]}")

    async def close(self) -> None:
        """Stop following."""
        if self._life is not None:
            self._life.close()
            await asyncio.wait([self.ended], timeout=1.0)


class _Life:
    """One life; `follow` is called on a thread, `close` from any."""

    def __init__(self, url: str, container_id: str, log: IO[bytes], since: str) -> None:
        self._url = url
        self._path = f"/containers/{container_id}"
        self._log = log
        self._since = since
        self._closed = threading.Event()
        self._stream: wire.Stream | None = None
        self.finished = ""
        """When it ended, in seconds since the epoch, as the API takes them."""

    def follow(self) -> Exit:
        """Write what it says until it ends; returns how."""
        with self._log:
            while not self._closed.is_set():
                try:
                    self._copy()
                    self._since = f"{datetime.now(UTC).timestamp():.6f}"
                except ContainersUnavailable:
                    self._closed.wait(_ATTEMPT_SECONDS)
                if (ended := self._verdict()) is not None:
                    return ended
        return Exit(None, what="is no longer followed")

    def close(self) -> None:
        self._closed.set()
        if self._stream is not None:
            self._stream.cut()

    def _copy(self) -> None:
        """Returns when the container ends or the engine goes."""
        query = {
            "follow": "1",
            "stdout": "1",
            "stderr": "1",
            **({"since": self._since} if self._since else {}),
        }
        self._stream = wire.Stream(self._url, f"{self._path}/logs", query)
        with closing(self._stream):
            for piece in _pieces(self._stream):
                self._log.write(piece)

    def _verdict(self) -> Exit | None:
        """None while it runs; an engine that does not answer is asked again for some seconds."""
        for _ in range(round(_LOST_SECONDS / _ATTEMPT_SECONDS)):
            try:
                status, found = wire.call(self._url, "GET", f"{self._path}/json")
            except ContainersUnavailable:
                self._closed.wait(_ATTEMPT_SECONDS)
                continue
            return Exit(None, what="was removed by somebody else") if status == _GONE else self._state(found)
        return Exit(None, what="cannot be seen any more: its engine does not answer")

    def _state(self, found: dict[str, Any]) -> Exit | None:
        state = found.get("State", {})
        if state.get("Running"):
            return None
        self.finished = _seconds(str(state.get("FinishedAt", "")))
        return Exit(int(state.get("ExitCode", -1)), bool(state.get("OOMKilled")))


def _pieces(stream: wire.Stream) -> Iterator[bytes]:
    """The frames of both outputs: a byte that says which, three of nothing, four of length, the text."""
    while len(header := stream.read(_HEADER)) == _HEADER:
        yield stream.read(int.from_bytes(header[4:], "big"))


def _appending(path: Path) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _seconds(moment: str) -> str:
    """`2026-01-31T12:00:00.123456789Z` in seconds since the epoch; empty when it is no such time."""
    whole, _, fraction = moment.rstrip("Z").partition(".")
    try:
        return f"{datetime.fromisoformat(f'{whole}+00:00').timestamp():.0f}.{fraction or 0}"
    except ValueError:
        return ""
