"""A world: until everything accepts requests, back to its first state, and what it takes while it idles."""

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench.figures import floor, told
from tests.simulator.harness.worlds import World, simulator

FIRST_SECONDS, LATER_SECONDS, IDLE_MB = 6, 3, 450
RUNS = 3


def lines() -> Iterator[str]:
    """The first world finds its programs on disk, a later one in memory; neither finds anything else kept."""
    least = floor()
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        with _ready(place) as (_, first):
            yield told("ready, the first", first, "s", FIRST_SECONDS, first / least)
        later = []
        for _ in range(RUNS):
            with _ready(place) as (_, taken):
                later.append(taken)
        middle = sorted(later)[RUNS // 2]
        yield told("ready, a later one", middle, "s", LATER_SECONDS, middle / least)
        with _ready(place) as (up, _):
            for phase in up.told["phases"]:
                yield told(f"  {phase['name']}", phase["seconds"], "s")
            yield from _reset(up)
            yield from _memory(up)


@contextmanager
def _ready(place: Path) -> Iterator[tuple[World, float]]:
    began = time.perf_counter()
    with World(place / "tmp") as up:
        yield up, time.perf_counter() - began


def _reset(up: World) -> Iterator[str]:
    began = time.perf_counter()
    simulator(up.temporary, "reset")
    yield told("reset, the command included", time.perf_counter() - began, "s")


def _memory(up: World) -> Iterator[str]:
    (run,) = json.loads(simulator(up.temporary, "status", "--json").stdout)["runs"]
    processes: list[dict[str, Any]] = run["processes"]
    for each in processes:
        yield told(f"  {each['name']} ({each['count']})", each["rss_mb"], "MB")
    yield told("idle, RSS", sum(each["rss_mb"] for each in processes), "MB", IDLE_MB)
    if all(each["pss_mb"] is not None for each in processes):
        yield told("idle, PSS", sum(each["pss_mb"] for each in processes), "MB", IDLE_MB)
