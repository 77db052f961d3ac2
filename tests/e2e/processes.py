"""Processes that belong to a test, by what their arguments, environment or working directory mention."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.e2e.waiting import until
from tests.simulator.sockets import listening

PROC = Path("/proc")
LINUX = (PROC / "self" / "environ").exists()
GONE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Process:
    """`started` tells two processes apart that had the same number."""

    pid: int
    group: int
    started: str
    arguments: str
    environment: str = ""
    directory: str = ""

    def mentions(self, mark: str) -> bool:
        return any(mark in text for text in (self.arguments, self.environment, self.directory))


def belonging(mark: str) -> dict[int, Process]:
    """Every process alive that mentions the mark, and everybody of their process groups."""
    alive = {process.pid: process for process in _alive()}
    marked = {process.pid for process in alive.values() if process.mentions(mark)}
    groups = {alive[pid].group for pid in marked} - {os.getpgrp()}
    return {pid: process for pid, process in alive.items() if pid in marked or process.group in groups}


def assert_gone(before: Iterable[Process], mark: str, seconds: float = GONE_SECONDS) -> None:
    """Within the seconds, none of those is alive and nobody mentions the mark."""
    known = {(process.pid, process.started) for process in before}
    assert known

    def left() -> list[Process]:
        return [p for p in _alive() if (p.pid, p.started) in known or p.mentions(mark)]

    until(lambda: not left(), seconds, lambda: f"they are gone: {[(p.pid, p.arguments) for p in left()]}")


def kill_groups(mark: str) -> None:
    """Kill whoever mentions the mark, each with its process group."""
    for process in belonging(mark).values():
        with suppress(ProcessLookupError):
            os.killpg(process.group, signal.SIGKILL)


@contextmanager
def nothing_left(mark: str) -> Iterator[None]:
    """Whatever the block does, nobody who mentions the mark survives it."""
    try:
        yield
    finally:
        kill_groups(mark)


@dataclass
class Watch:
    """Notes what every process that mentions the mark shows to others, for as long as the block lasts."""

    mark: str
    seen: dict[tuple[int, str], Process] = field(default_factory=dict)
    arguments: set[str] = field(default_factory=set)
    listeners: set[tuple[str, int]] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=loop) for loop in (self._processes, self._sockets)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _processes(self) -> None:
        """A process shows its own arguments some time after it was forked, so each is looked at again."""
        looks: dict[int, int] = {}
        while not self._stop.wait(0.04 if LINUX else 0.2):
            pids = _pids()
            looks = {pid: looks.get(pid, 0) + 1 for pid in pids}
            for process in _alive(pid for pid in pids if looks[pid] <= 5 or looks[pid] % 64 == 0):
                if process.mentions(self.mark):
                    self.seen[process.pid, process.started] = process
                    self.arguments.add(process.arguments)

    def _sockets(self) -> None:
        while not self._stop.wait(0.25):
            self.listeners |= listening({pid for pid, _ in tuple(self.seen)})


def _pids() -> list[int]:
    return [int(name) for name in os.listdir(PROC) if name.isdigit()] if LINUX else [0]  # noqa: PTH208 - a thousand times a second


def _alive(pids: Iterable[int] | None = None) -> Iterator[Process]:
    """Those that have not ended; elsewhere than on Linux everybody, whoever is asked for."""
    if not LINUX:
        yield from _listed()
        return
    for pid in _pids() if pids is None else pids:
        if (process := _read(pid)) is not None:
            yield process


def _read(pid: int) -> Process | None:
    place = PROC / str(pid)
    try:
        state, _, group, *rest = (place / "stat").read_text().rpartition(")")[2].split()
        if state in {"Z", "X"}:
            return None
        arguments = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None
    environment = directory = ""
    with suppress(OSError):
        environment = (place / "environ").read_bytes().decode(errors="replace")
        directory = str((place / "cwd").readlink())
    return Process(pid, int(group), rest[16], arguments, environment, directory)


def _listed() -> Iterator[Process]:
    """`-E` adds the environment of one's own processes to their arguments."""
    command = ["ps", "-A", "-ww", "-E", "-o", "pid=,pgid=,stat=,args="]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, errors="replace").stdout
    for line in listed.splitlines():
        pid, group, state, *words = line.split(None, 3)
        if not state.startswith("Z"):
            yield Process(int(pid), int(group), "", words[0] if words else "")
