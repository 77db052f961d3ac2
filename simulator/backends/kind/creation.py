"""Create a kind cluster, telling what kind tells."""

import asyncio
import contextlib
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from simulator.backends.environment import constructed
from simulator.backends.failure import BackendFailed
from simulator.backends.kind.record import KUBECONFIG, Record

READY_SECONDS = 120
"""What kind gives the control plane to become ready."""
CREATE_SECONDS = 300.0
"""What the whole creation may take; the node image is there already."""
END_SECONDS = 3.0
LONGEST_LINE = 1 << 16
_BEGIN = "•"
_ORNAMENT = re.compile(r"[^ -~]")

Tell = Callable[[str], None]

_HINTS = {
    "cannot connect to the docker daemon": "start Docker",
    "permission denied": "allow this user to use the container engine",
    "already exist": "delete the cluster of that name",
    "failed to pull image": "pull the node image first, or name another with --image node=REF",
    "no space left on device": "free disk space of the container engine",
    "address already in use": "free the port it names",
    "could not find a log line": "kind cannot run nodes on this machine (cgroup v2 and systemd are needed)",
    "too many open files": "raise fs.inotify.max_user_instances and max_user_watches",
}


async def create(
    record: Record,
    run_dir: Path,
    *,
    config: Path,
    image: str,
    tell: Tell,
    seconds: float = CREATE_SECONDS,
) -> Path:
    """The kubeconfig of the new cluster; raises BackendFailed with kind's last lines.

    The record is written first. What a failed or cancelled creation leaves is for `removal` to delete.
    """
    record.write(run_dir)
    log = run_dir / "logs" / "kind.log"
    argv = record.create(run_dir, config, image, READY_SECONDS)
    environment = constructed({"HOME": str(run_dir / "home"), **record.environment})
    try:
        async with asyncio.timeout(seconds):
            status = await _run(argv, environment, run_dir, log, tell)
    except TimeoutError:
        raise BackendFailed("kind", f"created no cluster within {seconds:.0f} s", log) from None
    except OSError as exc:
        raise BackendFailed("kind", f"{record.program} cannot be started ({exc.strerror})") from exc
    if status != 0:
        raise BackendFailed("kind", f"created no cluster, it ended with status {status}{_hint(log)}", log)
    kubeconfig = run_dir / KUBECONFIG
    if not kubeconfig.is_file():
        raise BackendFailed("kind", "ended well but wrote no kubeconfig", log)
    kubeconfig.chmod(0o600)
    return kubeconfig


async def _run(argv: list[str], environment: dict[str, str], cwd: Path, log: Path, tell: Tell) -> int:
    """Its exit status; its output goes to `log`, the beginning of each step to `tell`."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
        cwd=cwd,
        limit=LONGEST_LINE,
    )
    try:
        await _follow(process, log, tell)
        return await process.wait()
    finally:
        await _end(process)


async def _follow(process: asyncio.subprocess.Process, log: Path, tell: Tell) -> None:
    if process.stdout is None:
        return
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as output:
        while line := await _line(process.stdout):
            output.write(line)
            text = line.decode(errors="replace").strip()
            if text.startswith(_BEGIN):
                tell(f"[kind] {_ORNAMENT.sub('', text).strip(' .')}")


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or the first part of one that is too long; empty at the end."""
    try:
        return await stream.readline()
    except ValueError:
        return b"\n"


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _hint(log: Path) -> str:
    try:
        told = log.read_text(errors="replace").lower()
    except OSError:
        return ""
    return next((f": {hint}" for words, hint in _HINTS.items() if words in told), "")
