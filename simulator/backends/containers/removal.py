"""Remove what a run left in an engine: containers with their anonymous volumes, networks, named volumes.

Needs nothing but the standard library, so that whoever cleans up can: the supervisor, the sweeper, `down`,
the next `up`. May be repeated, and may run while others remove the same.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote

from simulator.backends.containers import wire
from simulator.backends.containers.marks import HOST, REAPER, RUN, RUN_DIRECTORY, SIMULATOR

_AT_ONCE = 8


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

    Raises ContainersUnavailable when the engine cannot be reached.
    """
    found = _of_run(url, run_id, seconds)
    if not found:
        return [], []
    remove_all(url, found, seconds=seconds)
    return found, _of_run(url, run_id, seconds)


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
    _, containers = wire.call(url, "GET", "/containers/json", {"all": "1", **query}, seconds=seconds)
    for each in containers or []:
        name = (each.get("Names") or [each["Id"][:12]])[0].lstrip("/")
        yield _left("container", name, f"/containers/{each['Id']}?force=1&v=1", each)
    _, networks = wire.call(url, "GET", "/networks", query, seconds=seconds)
    for each in networks or []:
        yield _left("network", each["Name"], f"/networks/{each['Id']}", each)
    _, volumes = wire.call(url, "GET", "/volumes", query, seconds=seconds)
    for each in (volumes or {}).get("Volumes") or []:
        yield _left("volume", each["Name"], f"/volumes/{quote(each['Name'])}?force=1", each)


def _left(kind: str, name: str, path: str, found: dict[str, object]) -> Left:
    labels = found.get("Labels")
    told = labels if isinstance(labels, dict) else {}
    run_id = told.get(RUN) or told.get(REAPER) or ""
    return Left(kind, name, path, run_id, told.get(RUN_DIRECTORY, ""), told.get(HOST, ""))
