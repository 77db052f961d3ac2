"""Healing a world that lives, degraded: what has ended in it is started again, and what was lost is told."""

from pathlib import Path
from typing import Any

from simulator.harness.remote import NoAnswer, call
from simulator.harness.rundir import RunDirectory
from simulator.harness.selection import Refusal
from simulator.harness.talk import say

_SECONDS = 120.0


def heal(run_dir: Path) -> dict[str, Any]:
    """What `up` tells, once the world in this directory is whole again; empty where none is degraded.

    Raises Refusal when a backend cannot be started again.
    """
    directory = RunDirectory(run_dir.absolute())
    if not _degraded(directory):
        return {}
    try:
        answer = call(directory, "POST", "/heal", seconds=_SECONDS)
    except NoAnswer as exc:
        raise Refusal(str(exc)) from exc
    for outcome in answer["outcomes"]:
        say(_told(outcome))
    if any(outcome["failure"] for outcome in answer["outcomes"]):
        raise Refusal(f"The world in {directory.path} is still degraded; look at {directory.logs}")
    world: dict[str, Any] = answer["world"]
    return world


def _degraded(directory: RunDirectory) -> bool:
    if not directory.alive():
        return False
    try:
        return bool(call(directory, "GET", "/status").get("state") == "degraded")
    except NoAnswer:
        return False


def _told(outcome: dict[str, Any]) -> str:
    *others, last = outcome["names"]
    names = f"{', '.join(others)} and {last}" if others else last
    if outcome["failure"]:
        return f"{names} cannot be started again: {outcome['failure']}"
    return f"{names} started again; {outcome['lost']}."
