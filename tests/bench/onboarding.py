"""Onboarding one tenant on a warm world at the speed of a clock on the wall, and the same apply once more."""

import json
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import floor, told
from tests.e2e.account import EXAMPLES
from tests.e2e.tier import Tier
from tests.e2e.world import Live, living, service

ONBOARDED_SECONDS, AGAIN_SECONDS = 8, 2


def lines() -> Iterator[str]:
    """The world is warm once a first tenant is healthy."""
    least = floor()
    with tempfile.TemporaryDirectory() as directory, living(Path(directory), Tier()) as live:
        live.apply(service(Path(directory), "warm", "database: {pooled: true}"))
        spec = EXAMPLES / "identity-service.yaml"
        steps, taken, _ = _applied(live, spec)
        yield from steps
        yield told("one tenant, from command to verified", taken, "s", ONBOARDED_SECONDS, taken / least)
        _, taken, mutations = _applied(live, spec)
        yield told("the same apply once more", taken, "s", AGAIN_SECONDS, taken / least)
        yield f"{'  calls of it that change something':<44}{mutations:9}"


def _applied(live: Live, spec: Path) -> tuple[list[str], float, int]:
    """What the command told of its steps, how long it took in seconds, how many mutating calls it made."""
    before, began = len(live.calls()), time.perf_counter()
    done = live.apply(spec, output="json")
    taken = time.perf_counter() - began
    calls = [call for call in live.calls()[before:] if call["caller"] == "portal" and call["mutating"]]
    (tenant,) = json.loads(done.stdout)
    assert tenant["state"] == "healthy"
    said = [line for line in done.stderr.splitlines() if line.rstrip().endswith(" s") or " s)" in line]
    return [f"  {line.strip()}" for line in said], taken, len(calls)
