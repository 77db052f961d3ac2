"""Start, watch and end a simulated world, and derive the settings that point the portal at it.

The world is a child process joined by a stdin pipe: when this process dies, by whatever means, the
world sees the end of the pipe and ends itself.
"""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.core.events import Progress, Stage
from portal.errors import PrerequisiteError
from portal.ports import Report
from portal.settings import (
    AwsSettings,
    EnvironmentSettings,
    KubeSettings,
    NeonSettings,
    RepositorySettings,
    Settings,
)

UP_SECONDS = 90.0
DOWN_SECONDS = 6.0
LAST_LINES = 12
# What a world may know of its owner's environment; everything else, credentials above all, stays out.
PASSED_ON = frozenset({"PATH", "TMPDIR", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TERM"})


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """How the world is started; an empty run directory means a fresh temporary one."""

    run_dir: Path | None = None
    environment: str = "dev"
    speed: float = 1.0
    seed: int = 0
    keep: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """A running world: the facts it printed, the settings made from them, and a wait for its end."""

    facts: Mapping[str, Any]
    settings: Settings
    ended: Callable[[], Awaitable[int]]

    @property
    def run_dir(self) -> Path:
        return Path(str(self.facts["run_dir"]))


@asynccontextmanager
async def world(options: WorldOptions, environ: Mapping[str, str], report: Report) -> AsyncIterator[World]:
    """A world that accepts requests, ended with the context.

    Raises PrerequisiteError with the world's last lines when it does not come up.
    """
    process = await _start(options, environ)
    lines: list[str] = []
    talk = asyncio.create_task(_relay(process, report, lines))
    try:
        facts = await _first_answer(process, talk, lines)
        yield World(facts, settings_of(facts), process.wait)
    finally:
        await _end(process)
        talk.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await talk


def settings_of(facts: Mapping[str, Any]) -> Settings:
    """Settings that point every adapter at the world described by `facts` (its `world.json`).

    A cluster serves one environment, so a world has one.
    """
    run_dir = Path(str(facts["run_dir"]))
    environment = str(facts["environment"])
    return Settings(
        profile="rehearsal",
        rehearsal=True,
        neon=NeonSettings(url=str(facts["neon_url"]), api_key_file=Path(str(facts["neon_api_key_file"]))),
        aws=AwsSettings(
            region=str(facts["aws_region"]),
            ssm_endpoint=str(facts["ssm_url"]),
            s3_endpoint=str(facts["s3_url"]),
            config_file=Path(str(facts["aws_config_file"])),
            credentials_file=Path(str(facts["aws_credentials_file"])),
        ),
        kube=KubeSettings(kubeconfig=Path(str(facts["kubeconfig"]))),
        repository=RepositorySettings(url=str(facts["tenants_repo"])),
        environments={
            environment: EnvironmentSettings(environment, str(facts["neon_projects"][environment]))
        },
        state_dir=run_dir / "portal",
        provenance={"*": f"world {facts['run_id']}"},
    )


async def _start(options: WorldOptions, environ: Mapping[str, str]) -> asyncio.subprocess.Process:
    passed = {key: value for key, value in environ.items() if key in PASSED_ON or key.startswith("LC_")}
    return await asyncio.create_subprocess_exec(
        *_command(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=passed,
        limit=1 << 20,
        start_new_session=True,
    )


def _command(options: WorldOptions) -> Sequence[str]:
    command = [sys.executable, "-m", "simulator", "up", "--json", "--seed", str(options.seed)]
    command += ["--speed", str(options.speed), "--environment", options.environment]
    command += ["--run-dir", str(options.run_dir)] if options.run_dir else []
    return [*command, "--keep"] if options.keep else command


async def _relay(process: asyncio.subprocess.Process, report: Report, lines: list[str]) -> None:
    stream = process.stderr
    while stream is not None and (raw := await stream.readline()):
        line = raw.decode(errors="replace").rstrip()
        if line:
            lines.append(line)
            del lines[:-LAST_LINES]
            report(Progress("world", line, Stage.WAITING))


async def _first_answer(
    process: asyncio.subprocess.Process, talk: "asyncio.Task[None]", lines: list[str]
) -> Mapping[str, Any]:
    try:
        async with asyncio.timeout(UP_SECONDS):
            raw = await process.stdout.readline() if process.stdout else b""
    except TimeoutError:
        raise PrerequisiteError(
            f"the rehearsal world was not up after {UP_SECONDS:.0f} s; its last words:\n" + "\n".join(lines)
        ) from None
    if not raw:
        await asyncio.wait([talk], timeout=1)
        raise PrerequisiteError("\n".join(lines) or "the rehearsal world ended before it was up")
    facts: Mapping[str, Any] = json.loads(raw)
    return facts


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(DOWN_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
