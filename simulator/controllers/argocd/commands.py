"""Running git and kustomize: a bounded time, a given environment, ended when the caller is cancelled."""

import asyncio
import contextlib
from collections.abc import Mapping
from pathlib import Path

COMMAND_SECONDS = 60.0
"""Wall seconds one command may take."""


class CommandFailed(Exception):
    """A command ended with another status than 0; `output` is what it wrote to stderr."""

    def __init__(self, status: int, output: str) -> None:
        super().__init__(output.strip() or f"exit status {status}")
        self.status = status
        self.output = output.strip()


async def command(*argv: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Run a command with exactly this environment; returns its stdout, raises CommandFailed."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            out, err = await process.communicate()
    except TimeoutError as exc:
        raise CommandFailed(-1, f"{Path(argv[0]).name} took longer than {COMMAND_SECONDS:.0f} s") from exc
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise CommandFailed(process.returncode or 0, err.decode(errors="replace"))
    return out.decode(errors="replace")
