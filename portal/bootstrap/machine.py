"""What this machine has for the portal, and what rehearsals left on it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.adapters.clock import SystemClock
from portal.adapters.engine_leftovers import in_engines
from portal.adapters.leftovers import Life, Run, group_alive, runs
from portal.adapters.repo.kustomize import required as kustomize_command
from portal.core.tiers import beyond_processes
from portal.engine.finding import Finding, Outcome
from portal.errors import PortalError

SWEPT_SECONDS = 15.0
"""A world that was slow to end is killed, and a sweeper then waits for what may appear late in its engine."""
LOOK_SECONDS = 0.5
REMOVE = "Remove it: python -m simulator leftovers --remove"


def tools() -> tuple[Finding, ...]:
    """The programs the portal runs."""
    git = shutil.which("git")
    found = (
        Finding("git", Outcome.GOOD, git)
        if git
        else Finding("git", Outcome.BAD, "not on PATH", "Install git")
    )
    return (found, _kustomize())


async def leftovers(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """One finding for each run directory, and for whatever an ended run left in a container engine.

    Directories of worlds that run, and logs kept of failures, are good.
    """
    seen = await in_engines(environ)
    findings = [_run(run) for run in runs()]
    findings += [
        Finding(f"{item.kind} {item.name}", Outcome.BAD, f"of {item.run}, which has ended", REMOVE)
        for item in seen.items
    ]
    findings += [Finding("containers", Outcome.UNKNOWN, trouble) for trouble in seen.troubles]
    return tuple(findings) or (Finding("rehearsals", Outcome.GOOD, "nothing is left"),)


async def left_of(
    facts: Mapping[str, Any], environ: Mapping[str, str], *, kept: bool, seconds: float = SWEPT_SECONDS
) -> tuple[str, ...]:
    """What of an ended world is still there, in words; its directory counts unless it was to be kept.

    A container engine is asked only where the world used one; what is being swept up has `seconds` to go.
    """
    if not beyond_processes(facts.get("tiers", {})):
        return _on_this_machine(facts, kept=kept)
    clock = SystemClock()
    deadline = clock.monotonic() + seconds
    while True:
        seen = await in_engines(environ)
        items = (f"{item.kind} {item.name}" for item in seen.items if item.run == facts["run_id"])
        unknown = (f"unknown in its engine: {trouble}" for trouble in seen.troubles)
        found = (*_on_this_machine(facts, kept=kept), *items, *unknown)
        if not found or clock.monotonic() >= deadline:
            return found
        await clock.sleep(LOOK_SECONDS)


def _on_this_machine(facts: Mapping[str, Any], *, kept: bool) -> tuple[str, ...]:
    group, run_dir = int(facts["pid"]), Path(str(facts["run_dir"]))
    alive = (f"process group {group}",) if group_alive(group) else ()
    full = not kept and run_dir.is_dir() and any(run_dir.iterdir())
    return (*alive, f"run directory {run_dir}") if full else alive


def _kustomize() -> Finding:
    try:
        return Finding("kustomize", Outcome.GOOD, " ".join(kustomize_command()))
    except PortalError as error:
        return Finding("kustomize", Outcome.BAD, error.cause, error.hint)


def _run(run: Run) -> Finding:
    subject, hint = str(run.run_dir), f"Remove it: python -m simulator down --run-dir {run.run_dir}"
    match run.life:
        case Life.RUNNING:
            return Finding(subject, Outcome.GOOD, "a world that is running")
        case Life.OWNERLESS:
            return Finding(subject, Outcome.BAD, "a world that runs without its supervisor", hint)
        case Life.LOGS_ONLY:
            return Finding(subject, Outcome.GOOD, "logs of a world that ended badly", hint)
        case Life.ENDED:
            return Finding(subject, Outcome.BAD, "the directory of a world that has ended", hint)
