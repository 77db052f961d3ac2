"""The request log: one JSON line per call, written a moment later so that writing never delays a call."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson

_FLUSH_SECONDS = 0.05
_CREDENTIALS = re.compile(rb"(napi_|npg_|simneon[a-z]*_|AKIA|ASIA)\w{8,}")
"""What is a credential wherever it stands; a caller may have put one into a path."""


class RequestLog:
    """An append-only file of lines; a context manager that writes what is left when it ends."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._file = path.open("ab", buffering=0)
        self._lines: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, entry: Mapping[str, Any]) -> None:
        """Take one line; it is in the file 50 ms later, without what looks like a credential."""
        line = orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE)
        self._lines.append(_CREDENTIALS.sub(rb"\1...", line))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._lines and not self._file.closed:
            self._file.write(b"".join(self._lines))
            self._lines.clear()

    def close(self) -> None:
        self.flush()
        self._file.close()
