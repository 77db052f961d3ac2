"""What this machine has for the portal, and what rehearsals left on it."""

import shutil
from collections.abc import Mapping
from typing import Any

from portal.adapters.leftovers import Run, group_alive, runs
from portal.adapters.repo.kustomize import required as kustomize_command
from portal.engine.examine import Finding, Outcome
from portal.errors import PortalError


def tools() -> tuple[Finding, ...]:
    """The programs the portal runs."""
    git = shutil.which("git")
    found = (
        Finding("git", Outcome.GOOD, git)
        if git
        else Finding("git", Outcome.BAD, "not on PATH", "Install git")
    )
    return (found, _kustomize())


def leftovers(environ: Mapping[str, str]) -> tuple[Finding, ...]:
    """One finding for each run directory; those of worlds that still have an owner are good."""
    findings = tuple(_run(run) for run in runs(environ))
    return findings or (Finding("rehearsals", Outcome.GOOD, "nothing is left"),)


def still_alive(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What of an ended world still runs, in words."""
    group = int(facts["pid"])
    return (f"process group {group}",) if group_alive(group) else ()


def _kustomize() -> Finding:
    try:
        return Finding("kustomize", Outcome.GOOD, " ".join(kustomize_command()))
    except PortalError as error:
        return Finding("kustomize", Outcome.BAD, error.cause, error.hint)


def _run(run: Run) -> Finding:
    subject, hint = str(run.run_dir), f"Remove it: python -m simulator down --run-dir {run.run_dir}"
    if run.owned:
        return Finding(subject, Outcome.GOOD, "a world that is running")
    if run.alive:
        return Finding(subject, Outcome.BAD, f"process group {run.group} runs without an owner", hint)
    return Finding(subject, Outcome.BAD, "the directory of a world that has ended", hint)
