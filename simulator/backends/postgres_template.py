"""An empty cluster: made by initdb once for each PostgreSQL, kept beside the simulator, copied since.

What is kept is of no run and opens nothing: every copy gets the superuser's password of its own run. It is
kept in the virtual environment, and not at all where the simulator runs outside of one.
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
import sys
from pathlib import Path

from simulator.backends.postgres import ALONE, Installation
from simulator.backends.postgres_binaries import Binaries, PostgresUnavailable
from simulator.backends.postgres_directories import Directories
from simulator.backends.superuser import SUPERUSER, as_arguments, with_password
from simulator.backends.unprivileged import Quarters

_OPTIONS = (
    f"--username={SUPERUSER}",
    "--auth=scram-sha-256",
    "--no-sync",
    "--locale=C",
    "--encoding=UTF8",
    "--wal-segsize=1",
)
_KEY_LENGTH = 16


def place(environment: Path | None = None) -> Path | None:
    """In the virtual environment that runs this; None outside of one, and where it cannot be written to."""
    if environment is None and sys.prefix == sys.base_prefix:
        return None
    chosen = environment or Path(sys.prefix)
    return chosen / "var" / "zerotouch" if os.access(chosen, os.W_OK) else None


async def initialise(installation: Installation, data: Path, log: Path, kept: Path | None = None) -> None:
    """Make an empty cluster at `data`, within the quarters; every login of it needs a SCRAM password.

    `kept` is the directory where one is kept from run to run. Raises PostgresUnavailable.
    """
    known = kept / _key(installation.binaries) if kept else None
    readable = known is not None and os.access(known, os.R_OK | os.X_OK)
    if known is not None and readable and await _copied(installation, known, data, log):
        return
    await _make(installation, data, log)
    if known is not None:
        await _keep(data, known)
    await _hand_over(installation, data, log)


async def _copied(installation: Installation, known: Path, data: Path, log: Path) -> bool:
    """False where what is kept is of no use, which is forgotten then."""
    directories = Directories(installation.quarters)
    try:
        await directories.bring(known, data.name)
        await _hand_over(installation, data, log)
    except PostgresUnavailable:
        await directories.remove(data.name)
        with contextlib.suppress(OSError, PostgresUnavailable):
            await Directories(Quarters(known.parent, None)).remove(known.name)
        return False
    return True


async def _hand_over(installation: Installation, data: Path, log: Path) -> None:
    """Give the superuser the password of this run, before any server runs."""
    program = [str(installation.binaries.postgres), "--single", "-D", str(data), *as_arguments(ALONE)]
    statement = with_password(installation.password)
    await installation.run([*program, "postgres"], log, f"{statement}\n".encode())


async def _keep(data: Path, known: Path) -> None:
    """As far as the disk plays along, and unless another run is at it; else the next one makes its own."""
    with contextlib.suppress(OSError, PostgresUnavailable):
        known.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(known.parent / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            directories = Directories(Quarters(known.parent, None))
            if not directories.has(known.name):
                await directories.bring(data, known.name)
        finally:
            os.close(descriptor)


def _key(binaries: Binaries) -> str:
    """The name of what this PostgreSQL made; another build of the same version has another."""
    parts = [str(part) for path in (binaries.postgres, binaries.initdb) for part in _build(path)]
    digest = hashlib.sha256("\0".join([*parts, *_OPTIONS]).encode()).hexdigest()
    return f"postgres-{binaries.version}-{digest[:_KEY_LENGTH]}"


def _build(program: Path) -> tuple[int, int]:
    found = program.stat()
    return found.st_size, found.st_mtime_ns


async def _make(installation: Installation, data: Path, log: Path) -> None:
    """By initdb, with a password nobody keeps."""
    secret = installation.quarters.directory / f"{data.name}.pw"
    descriptor = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(24))
        installation.quarters.own(secret)
        program = str(installation.binaries.initdb)
        await installation.run([program, f"--pgdata={data}", f"--pwfile={secret}", *_OPTIONS], log)
        _thin(data)
    finally:
        secret.unlink(missing_ok=True)


def _thin(data: Path) -> None:
    """Take away the maps of free and of visible pages, a quarter of all files: servers make new ones."""
    for fork in ("fsm", "vm"):
        for found in (*data.glob(f"base/*/*_{fork}"), *data.glob(f"global/*_{fork}")):
            found.unlink()
