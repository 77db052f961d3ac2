"""A terminal with a program on it: what its screen shows, and in what state the program leaves it."""

import codecs
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.waiting import until

COLUMNS, ROWS = 140, 45
ALTERNATE, CURSOR, PASTE, MICE = 1049, 25, 2004, (1000, 1002, 1003, 1006, 1015)
# The program's own session needs the terminal as its controlling one before the program begins.
_TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
_PIECE = re.compile(
    r"\x1b\[(?P<private>[<=>?]?)(?P<numbers>[0-9;:]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]P_^].*?(?:\x07|\x1b\\)|\x1b[()*+].|\x1b[0-9A-NOQ-Z\\a-z<=>]"
    r"|(?P<text>[^\x00-\x1f]+)|(?P<control>[\x00-\x1a\x1c-\x1f])",
    re.DOTALL,
)


class Screen:
    """As much of a terminal as full-screen programs rely on: a grid, a cursor, and switches."""

    def __init__(self) -> None:
        self.modes: set[int] = {CURSOR}
        self._lines = [[" "] * COLUMNS for _ in range(ROWS)]
        self._row = self._column = 0

    @property
    def text(self) -> str:
        return "\n".join("".join(line).rstrip() for line in self._lines)

    def feed(self, written: str) -> str:
        """Show it; returns what stands at its end and is not whole yet."""
        end = 0
        for piece in _PIECE.finditer(written):
            if piece.start() != end:
                break
            end = piece.end()
            if piece["final"]:
                self._command(piece["private"], piece["numbers"], piece["final"])
            elif piece["text"]:
                self._write(piece["text"])
            elif piece["control"]:
                self._control(piece["control"])
        return written[end:]

    def _write(self, text: str) -> None:
        for character in text:
            if self._column < COLUMNS and self._row < ROWS:
                self._lines[self._row][self._column] = character
            self._column += 1

    def _control(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._row += 1
            if self._row >= ROWS:
                self._row = ROWS - 1
                self._lines = [*self._lines[1:], [" "] * COLUMNS]

    def _command(self, private: str, numbers: str, final: str) -> None:
        given = [int(number) for number in re.findall(r"\d+", numbers)]
        if final in "hl" and private == "?":
            self.modes = self.modes | set(given) if final == "h" else self.modes - set(given)
        elif final in "Hf" and not private:
            row, column = ([*given, 1, 1])[:2] if given else (1, 1)
            self._row, self._column = row - 1, column - 1
        elif final == "G":
            self._column = (given or [1])[0] - 1
        elif final in "JK" and not private:
            self._clear(whole=final == "J")

    def _clear(self, *, whole: bool) -> None:
        """Erase; programs that draw everything anew erase whole screens or the rest of a line."""
        if whole:
            self._lines = [[" "] * COLUMNS for _ in range(ROWS)]
        elif self._row < ROWS:
            self._lines[self._row][self._column :] = [" "] * (COLUMNS - self._column)


class Terminal:
    """A running program; everything it wrote is in `written`."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int, slave: int) -> None:
        self.process = process
        self.written = b""
        self.screen = Screen()
        self._master = master
        self._slave = slave
        self._open = True
        self._woken, self._wake = os.pipe()
        self.before = self.settings()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def settings(self) -> list[Any]:
        """Echo, line editing and the like, as the terminal's driver has them now."""
        return termios.tcgetattr(self._slave)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def shows(self, *texts: str, seconds: float) -> None:
        """Return once all of them stand on the screen; a program that ended meanwhile never shows them."""

        def there() -> bool:
            shown = self.screen.text
            return all(text in shown for text in texts)

        until(
            lambda: there() or self.process.poll() is not None,
            seconds,
            lambda: f"{texts} on:\n{self.screen.text}",
        )
        assert there(), f"it ended with {self.process.returncode}:\n{self.screen.text}"

    def drain(self) -> None:
        """Return when everything a program that has ended wrote is on the screen."""
        until(lambda: not select.select([self._master], [], [], 0)[0], 5, "all was read")

    def hang_up(self) -> None:
        """Close the window: the last reader of the terminal goes away."""
        os.write(self._wake, b"x")
        self._reader.join()
        for descriptor in (self._slave, self._master):
            os.close(descriptor)
        self._open = False

    def close(self) -> None:
        """Kill the program if it still runs, then give the terminal back."""
        self.process.kill()
        self.process.wait(10)
        if self._open:
            self.hang_up()
        os.close(self._wake)
        os.close(self._woken)

    def _read(self) -> None:
        """Until the window is closed."""
        rest = ""
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while self._woken not in (ready := select.select([self._master, self._woken], [], [])[0]):
            piece = os.read(ready[0], 65536)
            self.written += piece
            rest = self.screen.feed(rest + decoder.decode(piece))


@contextmanager
def on_terminal(
    command: Sequence[str], environment: Mapping[str, str], directory: Path
) -> Iterator[Terminal]:
    """Start the program as the leader of its own session, with the terminal as its controlling one."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    with subprocess.Popen(
        [sys.executable, "-c", _TAKE_TERMINAL, *command],
        cwd=directory,
        env=dict(environment),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        terminal = Terminal(process, master, slave)
        try:
            yield terminal
        finally:
            terminal.close()
