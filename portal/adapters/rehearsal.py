"""Start, watch and end a simulated world, and derive the settings that point the portal at it.

The world is a child process joined by a stdin pipe: when this process dies, by whatever means, the
world sees the end of the pipe and ends itself.
"""

import asyncio
import contextlib
import json
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.adapters.simulator_child import WorldOptions, passed_on, up
from portal.core.events import Progress, Stage
from portal.errors import PrerequisiteError
from portal.ports import Report
from portal.settings import (
    AwsSettings,
    EnvironmentSettings,
    HetznerSettings,
    KubeSettings,
    NeonSettings,
    RepositorySettings,
    Settings,
)

DOWN_SECONDS = 60.0
"""A world of processes ends in 5 s; an engine that removes containers or a cluster may take its time."""
LAST_LINES = 12
PROGRESS = ("[", "pulling ")
"""How the lines begin by which a world tells the end of a phase and the way of an image."""


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
    talk = _Talk(report)
    relay = asyncio.create_task(talk.relay(process.stderr))
    try:
        facts = await _first_answer(options, process, talk, relay)
        yield World(facts, settings_of(facts), process.wait)
    finally:
        await _end(process)
        relay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await relay


def settings_of(facts: Mapping[str, Any]) -> Settings:
    """Settings that point every adapter at the world described by `facts` (its `world.json`).

    A cluster serves one environment, so a world has one.
    """
    run_dir = Path(str(facts["run_dir"]))
    environment = str(facts["environment"])
    return Settings(
        profile="rehearsal",
        simulated=True,
        tiers={str(name): str(tier) for name, tier in facts.get("tiers", {}).items()},
        neon=NeonSettings(url=str(facts["neon_url"]), api_key_file=Path(str(facts["neon_api_key_file"]))),
        aws=AwsSettings(
            region=str(facts["aws_region"]),
            ssm_endpoint=str(facts["ssm_url"]),
            s3_endpoint=str(facts["s3_url"]),
            config_file=Path(str(facts["aws_config_file"])),
            credentials_file=Path(str(facts["aws_credentials_file"])),
        ),
        hetzner=HetznerSettings(
            region=str(facts["hetzner_region"]),
            profile="default",
            endpoint=str(facts["hetzner_url"]),
            credentials_file=Path(str(facts["hetzner_credentials_file"])),
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
    return await asyncio.create_subprocess_exec(
        *up(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=passed_on(environ),
        limit=1 << 20,
        start_new_session=True,
    )


class _Talk:
    """What the world says, line by line; `heard` is when it last did."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self.heard = _now()

    @property
    def last_lines(self) -> str:
        return "\n".join(self._lines)

    @property
    def reason(self) -> str:
        """Its last lines without those of progress; these stood where they belong."""
        return "\n".join(line for line in self._lines if not line.startswith(PROGRESS))

    async def relay(self, stream: asyncio.StreamReader | None) -> None:
        """Hand on each line as progress until there are no more."""
        while stream is not None and (raw := await stream.readline()):
            self.heard = _now()
            line = raw.decode(errors="replace").rstrip()
            if line:
                self._lines.append(line)
                self._report(Progress("world", line, Stage.WAITING))


async def _first_answer(
    options: WorldOptions,
    process: asyncio.subprocess.Process,
    talk: _Talk,
    relay: "asyncio.Task[None]",
) -> Mapping[str, Any]:
    answer = asyncio.create_task(_line(process.stdout))
    try:
        while not answer.done() and (left := talk.heard + options.silent_seconds - _now()) > 0:
            await asyncio.wait([answer], timeout=left)
        if not answer.done():
            silence = f"for {options.silent_seconds:.0f} s while it came up"
            raise PrerequisiteError(
                f"the rehearsal world said nothing {silence}; its last words:\n{talk.last_lines}"
            )
    finally:
        answer.cancel()
    if not (raw := answer.result()):
        await asyncio.wait([relay], timeout=1)
        raise PrerequisiteError(
            talk.reason or talk.last_lines or "the rehearsal world ended before it was up"
        )
    facts: Mapping[str, Any] = json.loads(raw)
    return facts


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _line(stream: asyncio.StreamReader | None) -> bytes:
    return await stream.readline() if stream else b""


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        async with asyncio.timeout(DOWN_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
