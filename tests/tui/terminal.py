"""A real process on a real pseudo-terminal."""

import fcntl
import os
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Makes the pseudo-terminal the controlling one, so that resizes and hang-ups arrive as signals.
LAUNCH = """import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])"""
_ESCAPES = re.compile(rb"\x1b(\[[0-9;?<>=$]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[()][A-Z0-9]|[=>78])")
ENTER_SCREEN, LEAVE_SCREEN = b"\x1b[?1049h", b"\x1b[?1049l"
SHOW_CURSOR = b"\x1b[?25h"


class Terminal:
    """What the process wrote so far, and keys for it."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self.written = b""
        self._master = master

    @property
    def text(self) -> str:
        """Everything written, without escape sequences."""
        return _ESCAPES.sub(b"", self.written).decode(errors="replace")

    def read_until(self, expected: str, seconds: float = 30.0) -> None:
        """Return once `expected` was written; AssertionError after the deadline."""
        deadline = time.monotonic() + seconds
        while expected not in self.text:
            assert self.read(deadline), f"never written: {expected!r}\n{self.text[-3000:]}"

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed does."""
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """End the process and free the terminal, whatever is left of either."""
        self.process.kill()
        self.process.wait()
        if self._master != -1:
            os.close(self._master)

    def wait(self, seconds: float = 30.0) -> int:
        """Exit code, with everything written until then read."""
        deadline = time.monotonic() + seconds
        while self.read(deadline):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def read(self, deadline: float) -> bool:
        """Wait for more to be written; False at the deadline and at the end."""
        ready, _, _ = select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        with suppress(OSError):
            read = os.read(self._master, 1 << 16)
            self.written += read
            return bool(read)
        return False


@contextmanager
def terminal(
    argv: Sequence[str], env: Mapping[str, str], size: tuple[int, int] = (80, 24)
) -> Iterator[Terminal]:
    """`python argv` on a pseudo-terminal; killed at the end of the context if it is still there."""
    master, slave = os.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCH, sys.executable, *argv],
        cwd=ROOT,
        env={"TERM": "xterm-256color", **env},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    end = Terminal(process, master)
    try:
        yield end
    finally:
        end.close()
