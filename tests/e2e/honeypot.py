"""A production that nobody may speak to: listeners on another loopback address that count what arrives."""

import socket
import threading
from functools import cache

ADDRESS, ELSEWHERE = "127.0.0.2", "127.0.0.1"
SYSTEMS = ("neon", "aws", "kubernetes", "git", "postgres", "proxy")


class Honeypot:
    """One listener for each system; whoever connects is noted by its first bytes and cut off."""

    def __init__(self) -> None:
        self.visits: list[tuple[str, bytes]] = []
        self._ports: dict[str, tuple[str, int]] = {}
        for system in SYSTEMS:
            listener = _listener()
            self._ports[system] = listener.getsockname()
            threading.Thread(target=self._watch, args=(system, listener), daemon=True).start()

    def at(self, system: str) -> str:
        """`127.0.0.2:port`."""
        host, port = self._ports[system]
        return f"{host}:{port}"

    def assert_unvisited(self) -> None:
        """No connection and no byte since the process of the tests began."""
        assert self.visits == []

    def _watch(self, system: str, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(5)
                try:
                    said = connection.recv(256)
                except OSError:
                    said = b""
                self.visits.append((system, said))


def _listener() -> socket.socket:
    """Only Linux has all of 127.0.0.0/8; elsewhere free ports of the usual address keep as well apart."""
    try:
        return socket.create_server((ADDRESS, 0))
    except OSError:
        return socket.create_server((ELSEWHERE, 0))


@cache
def honeypot() -> Honeypot:
    """The one of this process; it ends with it."""
    return Honeypot()
