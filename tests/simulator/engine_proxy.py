"""A way to the engine that a test can close and open again, without touching the engine."""

import contextlib
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Proxy:
    """A unix socket in front of another; closing it breaks every connection through it."""

    def __init__(self, directory: Path, engine: str) -> None:
        self._path = directory / "engine.sock"
        self._target = urlsplit(engine).path
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None
        self.url = f"unix://{self._path}"

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self._path))
        self._listening.listen(32)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def close(self) -> None:
        """Nobody listens there any more."""
        if self._listening is not None:
            _end(self._listening)
            self._listening = None
            self._path.unlink()
        for each in list(self._open):
            _end(each)

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = listening.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self._target)
                self._open |= {caller, engine}
                for source, sink in ((caller, engine), (engine, caller)):
                    threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
            return
        for each in (source, sink):
            _end(each)
            self._open.discard(each)


def _end(ended: socket.socket) -> None:
    with contextlib.suppress(OSError):
        ended.shutdown(socket.SHUT_RDWR)
    ended.close()
