"""Remove what a run left in an engine: containers with their anonymous volumes, networks, named volumes.

Needs nothing but the standard library, so that whoever cleans up can: the supervisor, the sweeper, `down`,
the next `up`. May be repeated, and may run while others remove the same.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from typing import Any
from urllib.parse import quote

from simulator.backends.containers import failures, wire
from simulator.backends.containers.marks import HOST, REAPER, RUN, RUN_DIRECTORY, SIMULATOR

_AT_ONCE = 8
_SETTLE_SECONDS = 1.5
_PAUSE_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Left:
    """Something a run made: `kind` is container, network or volume; `path` is where the API has it."""

    kind: str
    name: str
    path: str
    run_id: str
    run_directory: str
    host: str


def remove(url: str, run_id: str, *, seconds: float = wire.SECONDS) -> tuple[list[Left], list[Left]]:
    """Remove everything that carries the run's marks; returns what was there, and what is there still.

    An engine goes on for a moment with a removal it was asked for before, and lists what is on its way out
    until then. Raises ContainersUnavailable when the engine cannot be reached.
    """
    found = left = _of_run(url, run_id, seconds)
    pause, deadline = threading.Event(), monotonic() + _SETTLE_SECONDS
    while left:
        remove_all(url, left, seconds=seconds)
        left = _of_run(url, run_id, seconds)
        if not left or monotonic() >= deadline:
            break
        pause.wait(_PAUSE_SECONDS)
    return found, left


def remove_all(url: str, found: list[Left], *, seconds: float = wire.SECONDS) -> None:
    """Containers all at once, then what they used; what others removed meanwhile is fine."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for kinds in ({"container"}, {"network", "volume"}):
            paths = [each.path for each in found if each.kind in kinds]
            list(pool.map(lambda path: wire.call(url, "DELETE", path, seconds=seconds), paths))


def marked(url: str, label: str = SIMULATOR, seconds: float = wire.SECONDS) -> list[Left]:
    """Everything in the engine that carries `label`; raises ContainersUnavailable."""
    return list(_marked(url, label, seconds))


def _of_run(url: str, run_id: str, seconds: float) -> list[Left]:
    return marked(url, f"{RUN}={run_id}", seconds) + marked(url, f"{REAPER}={run_id}", seconds)


def _marked(url: str, label: str, seconds: float) -> Iterator[Left]:
    query = wire.with_label(label)
    for each in _listed(url, "/containers/json", {"all": "1", **query}, seconds) or []:
        name = (each.get("Names") or [each["Id"][:12]])[0].lstrip("/")
        yield _left("container", name, f"/containers/{each['Id']}?force=1&v=1", each)
    for each in _listed(url, "/networks", query, seconds) or []:
        yield _left("network", each["Name"], f"/networks/{each['Id']}", each)
    for each in (_listed(url, "/volumes", query, seconds) or {}).get("Volumes") or []:
        yield _left("volume", each["Name"], f"/volumes/{quote(each['Name'])}?force=1", each)


def _listed(url: str, path: str, query: dict[str, str], seconds: float) -> Any:
    """An engine that refuses to list may hold anything, which is not nothing."""
    status, answer = wire.call(url, "GET", path, query, seconds=seconds)
    if status != HTTPStatus.OK:
        raise failures.of_call(f"listing {path}", str((answer or {}).get("message", f"status {status}")))
    return answer


def _left(kind: str, name: str, path: str, found: dict[str, object]) -> Left:
    labels = found.get("Labels")
    told = labels if isinstance(labels, dict) else {}
    run_id = told.get(RUN) or told.get(REAPER) or ""
    return Left(kind, name, path, run_id, told.get(RUN_DIRECTORY, ""), told.get(HOST, ""))
