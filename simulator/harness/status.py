"""`status`: which backends a world has, what each stands in for, where they listen."""

import argparse
import json
from collections.abc import Mapping, Sequence
from typing import Any

from simulator.harness import memory
from simulator.harness.faulting import line
from simulator.harness.keeping import DEGRADED, UP
from simulator.harness.remote import NoAnswer, call
from simulator.harness.rundir import RunDirectory
from simulator.harness.selection import living, the_run
from simulator.harness.talk import put, say

_COLUMNS = ("backend", "tier", "product", "stands in for", "endpoint", "pid")
_FAILED, _NOT_HEALTHY = 1, 3
_ANSWERING = {"up": 0, "degraded": _NOT_HEALTHY}
_WORST = (0, _NOT_HEALTHY, _FAILED)
_ENDPOINTS = ("neon_url", "ssm_url", "s3_url", "kubeconfig", "tenants_repo", "gateway_log")


def run(arguments: argparse.Namespace) -> int:
    """0 when every run shown is whole, 3 when one is degraded, 1 when one has ended or does not answer."""
    shown = [the_run(arguments.run_dir)] if arguments.run_dir else living()
    answers = [_state(each) for each in shown]
    if arguments.json:
        put(json.dumps({"runs": answers}))
    elif not answers:
        say("No rehearsal is running. Start one: python -m simulator up")
    for answer in [] if arguments.json else answers:
        put(table(answer) if answer["state"] in _ANSWERING else f"{answer['run_dir']}  {answer['state']}")
    return max((_ANSWERING.get(answer["state"], _FAILED) for answer in answers), key=_WORST.index, default=0)


def _state(run_directory: RunDirectory) -> dict[str, Any]:
    if not run_directory.alive():
        return {"run_dir": str(run_directory.path), "state": "ended"}
    try:
        answer: dict[str, Any] = call(run_directory, "GET", "/status")
    except NoAnswer as exc:
        return {"run_dir": str(run_directory.path), "state": "starting or stuck", "detail": str(exc)}
    return {"state": "up", **answer, "processes": memory.of_world(answer["supervisor_pid"])}


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
    degraded = [sentence for backend in world["backends"] for sentence in _degraded(backend)]
    if any(backend["state"] == DEGRADED for backend in world["backends"]):
        degraded.append(f"Start it again: python -m simulator up --run-dir {world['run_dir']}")
    lacking = [sentence for backend in world["backends"] for sentence in _lacking(backend)]
    faults = _faults(world.get("faults", []))
    taken = _memory(world.get("processes", []))
    parts = [[head], degraded, _aligned([_COLUMNS, *rows]), lacking, _aligned(places), taken, faults]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _memory(processes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Megabytes by kind of process, and in all; PSS where it is known of all."""
    if not processes:
        return []
    shared = [each["pss_mb"] for each in processes]
    total = {
        "name": "all",
        "count": sum(each["count"] for each in processes),
        "rss_mb": sum(each["rss_mb"] for each in processes),
        "pss_mb": None if None in shared else sum(shared),
    }
    rows = [
        (each["name"], str(each["count"]), f"{each['rss_mb']:.0f}", _figure(each["pss_mb"]))
        for each in (*processes, total)
    ]
    return _aligned([("processes", "count", "RSS MB", "PSS MB"), *rows])


def _figure(megabytes: float | None) -> str:
    return "" if megabytes is None else f"{megabytes:.0f}"


def _faults(rules: Sequence[dict[str, Any]]) -> list[str]:
    """The rules in force; which of them never struck is said in words."""
    return [sentence for rule in rules for sentence in (f"fault {line(rule)}", rule["idle"]) if sentence]


def _degraded(backend: Mapping[str, Any]) -> list[str]:
    """What happened to a backend that is not up, with the end of its log."""
    if backend["state"] == UP:
        return [f"{backend['name']} was {backend['what']}"] if backend["what"] else []
    lines = [f"  {line}" for line in backend["last_lines"].splitlines()]
    return [f"{backend['name']} is {backend['state']}: {backend['what']}", *lines]


def _lacking(backend: Mapping[str, Any]) -> list[str]:
    """What works with the real system and not here."""
    missing = ", ".join(backend.get("lacks") or ())
    return [f"{backend['name']} {backend['version']} lacks: {missing}"] if missing else []


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
