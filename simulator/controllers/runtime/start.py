"""Start the process that stands for a container."""

import asyncio
import json
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import simulator
from simulator.backends import process
from simulator.cache import valkey
from simulator.controllers.runtime.images import Program
from simulator.controllers.runtime.reach import HOST, accepts

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
LAUNCHER = Path(simulator.__file__).resolve().parent / "workload" / "launcher.py"
CACHE_PORT = "6379"
FLAG_PREFIX = "DFLY_"
CACHE_SECONDS = 10.0
POLL_SECONDS = 0.02
_FLAG = re.compile(r"^--(?P<name>[\w-]+)=(?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Launch:
    """One container to start; `words` is its command and arguments, `env` what the API gives it."""

    program: Program
    words: Sequence[str] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    ports: Sequence[int]
    directory: Path
    log: Path
    data: Path | None = None


async def start(launch: Launch) -> process.Child:
    """The started process; raises OSError when it cannot be started."""
    if launch.program is Program.CACHE:
        return await _cache(launch)
    return await _service(launch)


async def _service(launch: Launch) -> process.Child:
    """The toy service learns its mode and its declared ports, and nothing else of its arguments."""
    mode = ["migrate"] if any("migrate" in word for word in launch.words) else []
    argv = [sys.executable, "-I", str(LAUNCHER), *mode, *(str(port) for port in launch.ports)]
    return await process.start(argv, env=_env(launch), cwd=launch.directory, log=launch.log)


async def _cache(launch: Launch) -> process.Child:
    """The cache gets its password by standard input; its port is announced once it accepts connections."""
    flags = _flags(launch)
    data = launch.data or launch.directory / "data"
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _free_port()
    password = flags.get("requirepass", "")
    child = await process.start(
        valkey.arguments(port, data),
        env=_env(launch),
        cwd=launch.directory,
        log=launch.log,
        stdin=valkey.configuration(password) if password else b"",
    )
    try:
        if await _accepts(child, port):
            announce(launch.directory, {flags.get("port", CACHE_PORT): port})
    except asyncio.CancelledError:
        await child.stop(0)
        raise
    return child


def _flags(launch: Launch) -> dict[str, str]:
    """What the image's server would be told: `DFLY_name` of its environment, then `--name=value`."""
    given = {n.removeprefix(FLAG_PREFIX): v for n, v in launch.env.items() if n.startswith(FLAG_PREFIX)}
    return given | {m["name"]: m["value"] for word in launch.words if (m := _FLAG.match(word))}


def _env(launch: Launch) -> dict[str, str]:
    """An image brings PATH and HOME; everything else comes from the API, which may replace these."""
    return {"PATH": PATH, "HOME": str(launch.directory), **launch.env}


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


async def _accepts(child: process.Child, port: int) -> bool:
    """Whether the port answers before the process ends or the time is over."""
    try:
        async with asyncio.timeout(CACHE_SECONDS):
            while child.returncode is None:
                if await accepts(port):
                    return True
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        return False
    return False


def announce(directory: Path, real: Mapping[str, int]) -> None:
    """Add to the pod's `run/ports.json`."""
    path = directory / "run" / "ports.json"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**announced(directory), **real}))
    fresh.replace(path)


def announced(directory: Path) -> dict[str, int]:
    """The real port of each port the pod serves, as announced so far."""
    try:
        return dict(json.loads((directory / "run" / "ports.json").read_text()))
    except FileNotFoundError:
        return {}
