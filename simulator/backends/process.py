"""One child process: started with exactly the environment given, its output in a file, ended for certain.

Children stay in the process group of the world that starts them, so that its supervisor can end them all at
once when the world itself is gone.
"""

import asyncio
import os
import pwd
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

GRACE_SECONDS = 5.0


class Child:
    """A started process; it has been reaped once `wait` returned."""

    def __init__(self, process: asyncio.subprocess.Process, name: str, log: Path) -> None:
        self._process = process
        self.name = name
        self.log = log
        self.pid = process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; minus the signal number when a signal ended it."""
        return self._process.returncode

    async def wait(self) -> int:
        """The exit status, once it ended; any number of tasks may wait."""
        return await self._process.wait()

    def send(self, number: signal.Signals) -> None:
        """Send a signal; one to a process that already ended is dropped."""
        if self._process.returncode is None:
            try:
                self._process.send_signal(number)
            except ProcessLookupError:
                return

    async def stop(self, grace: float = GRACE_SECONDS, first: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, kill it after `grace` real seconds or when the caller is cancelled."""
        self.send(first)
        try:
            async with asyncio.timeout(grace):
                return await self._process.wait()
        except TimeoutError:
            self.send(signal.SIGKILL)
        except asyncio.CancelledError:
            self.send(signal.SIGKILL)
            raise
        return await self._process.wait()

    def last_lines(self, count: int = 10) -> str:
        """The end of its log, for a message to a person."""
        return last_lines(self.log, count)


async def start(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    stdin: bytes | None = None,
    leash: bool = False,
    user: int | None = None,
) -> Child:
    """Start `argv` in the caller's process group; stdout and stderr are appended to `log` (0600).

    The child sees `env` and nothing else. `stdin` is written to it and closed; without it the child reads
    end of file. On a `leash` its standard input stays open until this process ends, so a child that watches
    for end of file cannot outlive it. `user` drops to that uid, its primary group and no other groups, which
    needs root. Raises OSError when the program cannot be started.
    """
    with os.fdopen(
        os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab"
    ) as output:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.PIPE if leash or stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(env),
            cwd=cwd,
            **_identity(user),
        )
    if process.stdin is not None:
        process.stdin.write(stdin or b"")
        if not leash:
            process.stdin.close()
    return Child(process, Path(argv[0]).name, log)


def last_lines(log: Path, count: int = 10) -> str:
    """The last `count` lines of a log file, or a sentence when it holds none."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    return "\n".join(lines[-count:]) or "(the log is empty)"


def _identity(user: int | None) -> dict[str, Any]:
    if user is None:
        return {}
    try:
        group = pwd.getpwuid(user).pw_gid
    except KeyError:
        group = user
    return {"user": user, "group": group, "extra_groups": []}
