"""The engine's HTTP API with the standard library alone: single calls, quick, with a time limit each."""

import contextlib
import http.client
import json
import socket
from typing import Any
from urllib.parse import urlencode, urlsplit

from simulator.backends.containers import failures

SECONDS = 10.0


def call(
    url: str, method: str, path: str, query: dict[str, str] | None = None, *, seconds: float = SECONDS
) -> tuple[int, Any]:
    """Status and JSON of one call; raises ContainersUnavailable when nobody answers in time.

    The path is without a version, which every engine takes as its newest one.
    """
    target = f"{path}?{urlencode(query)}" if query else path
    connection = _Connection(url, seconds)
    try:
        connection.request(method, target)
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException) as exc:
        raise failures.of_connection(url, _as_system_error(exc)) from exc
    finally:
        connection.close()
    return answer.status, _json(body)


class Stream:
    """The body of an endless answer, read piece by piece on one thread and cut from another."""

    def __init__(self, url: str, path: str, query: dict[str, str]) -> None:
        """Raises ContainersUnavailable when nobody answers in time; the body may take for ever."""
        self._url = url
        self._connection = _Connection(url, SECONDS)
        try:
            self._connection.request("GET", f"{path}?{urlencode(query)}")
            self._answer = self._connection.getresponse()
            self.status = self._answer.status
            self._connection.sock.settimeout(None)
        except (OSError, http.client.HTTPException) as exc:
            self._connection.close()
            raise failures.of_connection(url, _as_system_error(exc)) from exc

    def read(self, count: int) -> bytes:
        """That many bytes, or fewer at the end, however it came."""
        try:
            return self._answer.read(count)
        except http.client.IncompleteRead as exc:
            return exc.partial
        except (OSError, ValueError, http.client.HTTPException):
            return b""

    def cut(self) -> None:
        """End it for whoever reads."""
        with contextlib.suppress(OSError, AttributeError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """By who reads, at the end."""
        self._answer.close()
        self._connection.close()


def with_label(label: str) -> dict[str, str]:
    """The query that asks a list for what carries `label`, a `name=value` or a name."""
    return {"filters": json.dumps({"label": [label]})}


def _as_system_error(error: Exception) -> OSError:
    return error if isinstance(error, OSError) else ConnectionError(f"it does not speak HTTP: {error!r}")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        return {"message": body.decode(errors="replace")}


class _Connection(http.client.HTTPConnection):
    """To a unix socket or to a port."""

    def __init__(self, url: str, seconds: float) -> None:
        parts = urlsplit(url)
        self._path = parts.path if parts.scheme == "unix" else None
        super().__init__(parts.hostname or "localhost", parts.port, timeout=seconds)

    def connect(self) -> None:
        if self._path is None:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
