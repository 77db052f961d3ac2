"""Tell whether code opened files, sockets or locks on the thread of the running loop.

An audit hook sees every such call of the interpreter; it cannot be removed, so it is armed per test.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_WATCHED = frozenset({"open", "fcntl.flock", "os.mkdir", "os.listdir", "os.scandir", "socket.getaddrinfo"})
_armed: list[tuple[int, list[str]]] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    descriptor = event == "open" and bool(arguments) and isinstance(arguments[0], int)
    if _armed and event in _WATCHED and not descriptor:
        thread, seen = _armed[-1]
        if threading.get_ident() == thread:
            seen.append(f"{event}{arguments!r:.80}")


sys.addaudithook(_hook)


@contextmanager
def loop_guard() -> Iterator[list[str]]:
    """The blocking calls made on this thread while the context lasts."""
    seen: list[str] = []
    _armed.append((threading.get_ident(), seen))
    try:
        yield seen
    finally:
        _armed.pop()
