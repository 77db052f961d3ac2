"""`leftovers`: what worlds that have ended left in container engines and clusters, and its removal.

Two traces lead to it: the record an ended run keeps of its engine, and the marks on what is in the engine
found here. What belongs to another machine, to a directory this user may not look into, or to a run that
lives is left alone.
"""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from simulator.backends.containers import discovery, removal
from simulator.backends.containers.failures import ContainersUnavailable
from simulator.backends.containers.marks import this_host
from simulator.backends.containers.removal import Left
from simulator.harness import outside
from simulator.harness.rundir import RunDirectory, Unusable, runs
from simulator.harness.selection import Refusal
from simulator.harness.talk import put, say

_SOME = 3


@dataclass(frozen=True, slots=True)
class Found:
    """What is in engines; `troubles` say why one that a run has a record of could not be asked."""

    items: tuple[tuple[str, Left], ...]
    troubles: tuple[str, ...]


def run(arguments: argparse.Namespace) -> int:
    """0 when nothing is left, or all of it was removed; 3 when something is; 1 when that cannot be told."""
    try:
        return _run(arguments)
    except Unusable as exc:
        raise Refusal(str(exc)) from exc


def _run(arguments: argparse.Namespace) -> int:
    found = find(os.environ, arguments.run_dir)
    if arguments.remove:
        for engine in {engine for engine, _ in found.items if engine}:
            removal.remove_all(engine, [item for of, item in found.items if of == engine])
        troubles = _release()
        removed, found = found, find(os.environ, arguments.run_dir)
        found = replace(found, troubles=(*found.troubles, *troubles))
        say(f"{len(removed.items) - len(found.items)} removed.")
    rows = [
        {"kind": item.kind, "name": item.name, "run": item.run_id, "engine": engine}
        for engine, item in found.items
    ]
    if arguments.json:
        put(json.dumps({"leftovers": rows, "troubles": found.troubles}))
    else:
        for row in rows:
            put(f"{row['kind']:9}  {row['name']}")
        for trouble in found.troubles:
            say(trouble)
        if not rows and not found.troubles:
            say("Nothing is left of worlds that have ended.")
    if found.items:
        return _SOME
    return 1 if found.troubles else 0


def find(environ: Mapping[str, str], run_dir: Path | None = None) -> Found:
    """Everything of ended runs, in the engines their records name and in the one of this environment.

    With a run directory only what is of that run.
    """
    only = None if run_dir is None else str(run_dir.absolute())
    items: dict[str, tuple[str, Left]] = {}
    troubles: list[str] = []
    owing = {record["engine"] for run in runs() if (record := run.containers()) and not run.alive()}
    for engine in sorted(owing | _here(environ)):
        try:
            marked = removal.marked(engine)
        except ContainersUnavailable as exc:
            if engine in owing:
                troubles.append(str(exc))
            continue
        items |= {
            f"{engine} {item.path}": (engine, item)
            for item in marked
            if _ended(item) and only in {None, item.run_directory}
        }
    for run in runs():
        if run.owes_outside() and not run.alive() and only in {None, str(run.path)}:
            items[str(run.path)] = ("", _of_cluster(run))
    return Found(tuple(items.values()), tuple(troubles))


def _of_cluster(run: RunDirectory) -> Left:
    """What the record of a cluster in use tells."""
    kind, name = outside.described(run.path)
    run_id = str(run.identity().get("run_id", ""))
    return Left(kind, name, "", run_id, str(run.path), this_host())


def _here(environ: Mapping[str, str]) -> set[str]:
    """The engine of this environment. One that cannot be had owes nothing that no record names."""
    try:
        return {discovery.find(environ, Path(environ.get("HOME") or Path.home()))}
    except ContainersUnavailable:
        return set()


def _ended(item: Left) -> bool:
    """Whether its run is known to have ended."""
    if item.host != this_host() or not item.run_directory:
        return False
    return RunDirectory(Path(item.run_directory)).ended()


def _release() -> list[str]:
    """Clear clusters, and let go of the records of engines that hold nothing any more; what is in the way."""
    troubles: list[str] = []
    for each in runs():
        if not each.alive():
            each.remove_containers()
            troubles += each.remove_outside()
            each.forget_if_empty()
    return troubles
