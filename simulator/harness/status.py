"""`status`: which backends a world has, what each stands in for, where they listen."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.harness.faulting import line
from simulator.harness.remote import NoAnswer, call
from simulator.harness.rundir import RunDirectory
from simulator.harness.selection import living, the_run
from simulator.harness.talk import put, say

_COLUMNS = ("backend", "tier", "product", "stands in for", "endpoint", "pid")
_ENDPOINTS = ("neon_url", "ssm_url", "s3_url", "kubeconfig", "tenants_repo", "gateway_log")


def run(arguments: argparse.Namespace) -> int:
    """0 when every run shown answers."""
    shown = [the_run(arguments.run_dir)] if arguments.run_dir else living()
    answers = [_state(each) for each in shown]
    if arguments.json:
        put(json.dumps({"runs": answers}))
    elif not answers:
        say("No rehearsal is running. Start one: python -m simulator up")
    for answer in [] if arguments.json else answers:
        put(table(answer) if answer["state"] == "up" else f"{answer['run_dir']}  {answer['state']}")
    return 0 if all(answer["state"] == "up" for answer in answers) else 1


def _state(run_directory: RunDirectory) -> dict[str, Any]:
    if not run_directory.alive():
        return {"run_dir": str(run_directory.path), "state": "ended"}
    try:
        answer: dict[str, Any] = call(run_directory, "GET", "/status")
    except NoAnswer as exc:
        return {"run_dir": str(run_directory.path), "state": "starting or stuck", "detail": str(exc)}
    return {"state": "up", **answer}


def table(world: Mapping[str, Any]) -> str:
    """A world as people read it."""
    head = f"{world['run_dir']}  seed {world['seed']}  speed {world['speed']:g}"
    if "uptime_seconds" in world:
        head += f"  up {world['uptime_seconds']:.0f} s"
    rows = [
        (
            backend["name"],
            backend["tier"],
            f"{backend['product']} {backend['version']}".strip(),
            backend["stands_in_for"],
            backend.get("endpoint", ""),
            str(backend.get("pid") or ""),
        )
        for backend in world["backends"]
    ]
    places = [(name, str(world[name])) for name in _ENDPOINTS if name in world]
    parts = [[head], _aligned([_COLUMNS, *rows]), _aligned(places), _faults(world.get("faults", []))]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _faults(rules: Sequence[dict[str, Any]]) -> list[str]:
    """The rules in force; which of them never struck is said in words."""
    return [sentence for rule in rules for sentence in (f"fault {line(rule)}", rule["idle"]) if sentence]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
