"""The only writer to stdout: data as a table, JSON or YAML."""

import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, TextIO

from portal.core.wording import clip, plain


class Format(StrEnum):
    """`-o`."""

    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


class Output:
    """Writes data; a reader that went away ends the program quietly."""

    def __init__(self, form: Format = Format.TABLE, stream: TextIO | None = None, *, width: int = 80) -> None:
        self.form = form
        self._stream = stream or sys.stdout
        self._width = width

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
        """Text as it is."""
        try:
            for line in lines:
                print(line, file=self._stream)
            self._stream.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns two spaces apart; the last one is clipped so that a line fits the width."""
        cells = [[plain(cell) for cell in row] for row in rows]
        sizes = [max(len(row[i]) for row in [list(header), *cells]) for i in range(len(header))]
        room = max(10, self._width - sum(size + 2 for size in sizes[:-1]))
        self.lines([_row(row, sizes, room) for row in [list(header), *cells]])


def _row(cells: Sequence[str], sizes: Sequence[int], room: int) -> str:
    parts = [cell.ljust(size) for cell, size in zip(cells[:-1], sizes[:-1], strict=True)]
    return "  ".join([*parts, clip(cells[-1], room)]).rstrip()
