"""The only writer to stdout: data as a table, JSON or YAML."""

import errno
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TextIO

from portal.core.wording import clip, clip_middle, plain
from portal.errors import PortalError

# DEC private mode 1049; cleared before it is left, for a terminal that keeps the screen.
_ALTERNATE_SCREEN = "\x1b[?1049h\x1b[2J\x1b[H"
_MAIN_SCREEN = "\x1b[2J\x1b[H\x1b[?1049l"
_HOME_AND_ERASE = "\x1b[H\x1b[2J"
# A pipe nobody reads any more, and a terminal that was closed.
_READER_GONE = frozenset({errno.EPIPE, errno.EIO})
# Columns of a table are not clipped below this.
_NARROWEST = 10


class Format(StrEnum):
    """`-o`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class Output:
    """Writes data. A reader that went away is no error: `gone` says so to those who would go on for ever."""

    def __init__(
        self, form: Format = Format.TABLE, stream: TextIO | None = None, *, width: int | None = None
    ) -> None:
        self.form = form
        self._stream = stream or sys.stdout
        self._width = width
        self.gone = self._stream is None

    def document(self, data: Any) -> None:
        """Plain data as JSON or YAML."""
        if self.form is Format.YAML:
            from portal.config.yaml_text import dump  # noqa: PLC0415 - YAML is loaded only when asked for

            self.lines([dump(data).rstrip("\n")])
        else:
            self.lines([json.dumps(data, indent=2, ensure_ascii=False)])

    def event(self, data: Any) -> None:
        """One of a stream of documents: a line of JSON, or a YAML document of its own."""
        if self.form is Format.YAML:
            self.lines(["---"])
            self.document(data)
        else:
            self.lines([json.dumps(data, ensure_ascii=False)])

    def lines(self, lines: Sequence[str]) -> None:
        """Text as it is. Raises PortalError where it cannot be written, a full disk above all."""
        if self.gone:
            return
        try:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
        except OSError as exc:
            self.gone = True
            _discard(self._stream)
            if exc.errno not in _READER_GONE:
                cause = f"standard output cannot be written: {exc.strerror}"
                raise PortalError(cause, hint="Write somewhere else, then repeat the command") from exc

    @contextmanager
    def passing(self, lines: Sequence[str]) -> Iterator[None]:
        """Lines on the terminal's alternate screen, gone from it and its history when the context ends."""
        self.lines([_ALTERNATE_SCREEN, *lines])
        try:
            yield
        finally:
            self.lines([_MAIN_SCREEN])

    def clear(self) -> None:
        """Make room for what replaces the last page: on a terminal its screen, elsewhere an empty line."""
        self.lines(["" if self._width is None else _HOME_AND_ERASE])

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns two spaces apart; on a terminal the widest are clipped until a line fits."""
        cells = [list(header), *([plain(cell) for cell in row] for row in rows)]
        widest = [max(len(row[i]) for row in cells) for i in range(len(header))]
        sizes = widest if self._width is None else _fitted(widest, self._width)
        self.lines([_row(row, sizes) for row in cells])


def _fitted(sizes: Sequence[int], width: int) -> list[int]:
    """The last column, which says why, gives way first, then whichever is widest."""
    fitted = list(sizes)
    excess = sum(fitted) + 2 * (len(fitted) - 1) - width
    while excess > 0 and max(fitted) > _NARROWEST:
        last = fitted[-1] > _NARROWEST
        at = len(fitted) - 1 if last else max(range(len(fitted)), key=fitted.__getitem__)
        fitted[at] -= 1
        excess -= 1
    return fitted


def _row(cells: Sequence[str], sizes: Sequence[int]) -> str:
    pairs = list(zip(cells, sizes, strict=True))
    parts = [clip_middle(cell, size).ljust(size) for cell, size in pairs[:-1]]
    return "  ".join([*parts, clip(*pairs[-1])]).rstrip()


def _discard(stream: TextIO) -> None:
    """What is buffered goes nowhere, so that the interpreter's end does not complain of it."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
