"""One PostgreSQL data directory and one postmaster's life on it: loopback TCP only, SCRAM only."""

import asyncio
import secrets
import shutil
import signal
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

import psycopg

from simulator.backends.environment import constructed
from simulator.backends.postgres_binaries import WHEEL, Binaries, PostgresUnavailable
from simulator.backends.process import Child, last_lines, start
from simulator.backends.serving import LOOPBACK, bind
from simulator.backends.superuser import SETTINGS, answers, as_arguments, connect
from simulator.backends.unprivileged import Quarters, enterable

_PROGRAM_SECONDS = 60.0
_READY_SECONDS = 30.0
_STOP_SECONDS = 3.0
_POLL_SECONDS = 0.02
_TRIES = 10
_RETRY_SECONDS = 0.2
# The port was taken meanwhile, or sessions of a postmaster that was killed are still ending.
_PASSING = ("could not bind", "is still in use")

ALONE = {"dynamic_shared_memory_type": "mmap", **SETTINGS}
"""Of a process of this machine, whether or not it serves anybody."""
_SETTINGS = {"listen_addresses": LOOPBACK, "unix_socket_directories": "", **ALONE}
# Without the setting, servers of this version on keep three more processes for reading ahead.
_READS_AHEAD = 18
_NO_READING_AHEAD = {"io_method": "sync"}


@dataclass(frozen=True, slots=True)
class Installation:
    """Binaries, the quarters they work in, and the superuser's password, known to this process only."""

    binaries: Binaries
    quarters: Quarters
    password: str

    async def run(self, argv: list[str], log: Path, stdin: bytes | None = None) -> None:
        """Run one short program as the quarters' user; raises PostgresUnavailable when it fails."""
        child = await self._start(argv, log, stdin)
        try:
            async with asyncio.timeout(_PROGRAM_SECONDS):
                status = await child.wait()
        except TimeoutError:
            status = await child.stop(grace=0)
        finally:
            await child.stop(grace=0)
        if status != 0:
            raise PostgresUnavailable(f"{child.name} failed; its log {log} ends:\n{last_lines(log)}")

    async def spawn(self, argv: list[str], log: Path) -> Child:
        """Start a server as the quarters' user."""
        return await self._start(argv, log)

    async def _start(self, argv: list[str], log: Path, stdin: bytes | None = None) -> Child:
        try:
            return await start(
                argv,
                env=constructed({"LC_ALL": "C", "TZ": "UTC"}),
                cwd=self.quarters.directory,
                log=log,
                stdin=stdin,
                user=self.quarters.user,
            )
        except OSError as exc:
            raise PostgresUnavailable(f"{argv[0]} could not be started: {exc}") from exc


async def install(binaries: Binaries, quarters: Quarters, executor: Executor) -> Installation:
    """Make binaries usable by the quarters' user, copying the wheel's when their place is closed to it."""
    if not enterable(binaries.postgres, quarters.user):
        loop = asyncio.get_running_loop()
        binaries = await loop.run_in_executor(executor, _copy, binaries, quarters)
    return Installation(binaries, quarters, secrets.token_urlsafe(24))


def _copy(binaries: Binaries, quarters: Quarters) -> Binaries:
    """Copy the wheel's programs together with the libraries they look for beside their package."""
    package = binaries.postgres.parents[2]
    for source in (package / "pginstall", package.with_name(f"{WHEEL}.libs")):
        if source.is_dir():
            shutil.copytree(source, quarters.directory / "programs" / source.relative_to(package.parent))
    copied = quarters.directory / "programs" / WHEEL / "pginstall" / "bin"
    for parent in (copied.parents[2], *copied.parents[2].rglob("*")):
        if parent.is_dir():
            parent.chmod(0o755)
    return Binaries(copied / "postgres", copied / "initdb", binaries.version, binaries.origin)


class Postmaster:
    """A running server; `port` is on loopback and `stop` ends it with every session it has."""

    def __init__(self, child: Child, port: int, password: str) -> None:
        self._child = child
        self._password = password
        self.port = port
        self.pid = child.pid

    @property
    def ended(self) -> bool:
        return self._child.returncode is not None

    async def connect(self, database: str = "postgres") -> "psycopg.AsyncConnection[tuple[object, ...]]":
        """A superuser's autocommit connection."""
        return await connect(self.port, self._password, database)

    async def exited(self) -> int:
        """Return once the server is gone, for whatever reason."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Fast shutdown, killed when that takes too long; a cancelled caller still sees it through."""
        await self._end(signal.SIGINT)

    async def discard(self) -> None:
        """Immediate shutdown, which writes nothing out; nobody needs the data any more."""
        await self._end(signal.SIGQUIT)

    async def _end(self, first: signal.Signals) -> None:
        stopping = asyncio.ensure_future(self._child.stop(grace=_STOP_SECONDS, first=first))
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            await stopping
            raise

    async def ready(self) -> bool:
        """Wait for a login and SELECT 1; False when the server ended instead or the deadline passed."""
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while self._child.returncode is None:
                    if await answers(self.port, self._password):
                        return True
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            return False
        return False


async def postmaster(
    installation: Installation, data: Path, log: Path, settings: Mapping[str, str] | None = None
) -> Postmaster:
    """Start a server on `data` and return once it answers; tries again on what passes."""
    for _ in range(_TRIES):
        with bind() as free:
            port = int(free.getsockname()[1])
        before = _text(log)
        child = await installation.spawn(_command(installation, data, port, settings or {}), log)
        server = Postmaster(child, port, installation.password)
        try:
            if await server.ready():
                return server
        except BaseException:
            await server.stop()
            raise
        await server.stop()
        if not any(reason in _text(log).removeprefix(before) for reason in _PASSING):
            break
        await asyncio.sleep(_RETRY_SECONDS)
    raise PostgresUnavailable(f"PostgreSQL did not come up; its log {log} ends:\n{last_lines(log)}")


def _text(log: Path) -> str:
    return log.read_text(errors="replace") if log.exists() else ""


def _command(installation: Installation, data: Path, port: int, settings: Mapping[str, str]) -> list[str]:
    chosen = {**_SETTINGS, **(_NO_READING_AHEAD if installation.binaries.major >= _READS_AHEAD else {})}
    chosen |= settings
    program = [str(installation.binaries.postgres), "-D", str(data), "-p", str(port)]
    return [*program, *as_arguments(chosen)]
