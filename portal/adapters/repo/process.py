"""One short child process: its input and output in memory, its end certain.

It is started and awaited on a private thread, because asyncio's own children cannot be cancelled while they
are being started.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal.adapters.threads import Threads

_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Output:
    """What a process left behind."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Its stdout as text without its last line feed."""
        return self.stdout.decode(errors="replace").rstrip("\n")


async def run(
    threads: Threads,
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    seconds: float,
    stdin: bytes = b"",
) -> Output:
    """Run to its end. Raises FileNotFoundError without the program, TimeoutError after `seconds`.

    It has a session of its own: no terminal to ask questions on, and one group that is killed with all
    children when time is up or the caller is cancelled.
    """
    child = _Child(argv, dict(env), cwd)
    try:
        return await threads.call(child.communicate, stdin, seconds, timeout=seconds + 2 * _GRACE_SECONDS)
    except (asyncio.CancelledError, TimeoutError):
        child.end()
        raise


class _Child:
    """Started on one thread, ended from another."""

    def __init__(self, argv: Sequence[str], env: dict[str, str], cwd: Path) -> None:
        self._argv = list(argv)
        self._env = env
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._ended = False
        self._lock = threading.Lock()

    def communicate(self, stdin: bytes, seconds: float) -> Output:
        """Blocks until it ended, or was ended after `seconds`."""
        process = self._start()
        if process is None:
            return Output(-signal.SIGKILL, b"", "ended before it was started")
        try:
            stdout, stderr = process.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired as exc:
            self.end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_GRACE_SECONDS)
            raise TimeoutError from exc
        return Output(process.returncode, stdout, stderr.decode(errors="replace"))

    def end(self) -> None:
        """Kill it with its children; one that was not started yet never is."""
        with self._lock:
            self._ended = True
            if self._process is not None and self._process.returncode is None:
                # macOS answers EPERM for a group whose leader ended a moment ago.
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self) -> "subprocess.Popen[bytes] | None":
        with self._lock:
            if self._ended:
                return None
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )
            return self._process
