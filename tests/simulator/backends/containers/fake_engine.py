"""An engine that only talks: real HTTP on a real unix socket, with the answers a test gives it."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = {"Version": "20.10.24", "ApiVersion": "1.41", "Arch": "amd64", "Os": "linux"}
INFO = {"OperatingSystem": "Debian GNU/Linux 12"}


@dataclass
class Answers:
    """By method and path: status and JSON; a list is sent as a stream of documents."""

    of: Mapping[str, tuple[int, Any]] = field(default_factory=dict)

    def find(self, method: str, path: str) -> tuple[int, Any]:
        """The API's version at the beginning of a path is not looked at."""
        parts = path.partition("?")[0].split("/")
        plain = "/".join(["", *parts[2:]] if parts[1].startswith("v1.") else parts)
        usual = {"GET /version": (200, VERSION), "GET /info": (200, INFO)}
        return {**usual, **self.of}.get(f"{method} {plain}", (404, {"message": f"page not found: {plain}"}))


@contextmanager
def engine(directory: Path, answers: Mapping[str, tuple[int, Any]] | None = None) -> Iterator[str]:
    """Its URL, while it answers."""
    path = directory / "engine.sock"
    found = Answers(answers or {})

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            self._answer()

        def _answer(self) -> None:
            status, document = found.find(self.command, self.path)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            if isinstance(document, list):
                self.send_header("transfer-encoding", "chunked")
                body = b"".join(_chunk(json.dumps(each).encode() + b"\r\n") for each in document) + _chunk(
                    b""
                )
            else:
                body = json.dumps(document).encode()
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with _Server(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"unix://{path}"
        finally:
            server.shutdown()
            thread.join()


def _chunk(piece: bytes) -> bytes:
    return f"{len(piece):x}\r\n".encode() + piece + b"\r\n"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
