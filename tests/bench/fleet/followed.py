"""`python -m tests.bench.fleet.followed CONFIG SECONDS`: the portal's live fleet in a process of its own.

Prints one JSON line once every tenant is known from its cluster, then waits for a line of standard input,
follows until the next one, and prints what it saw.
"""

import asyncio
import gc
import resource
import sys
import time
from contextlib import aclosing
from itertools import zip_longest
from pathlib import Path
from typing import Any

import orjson

from portal.__main__ import CYCLES
from portal.bootstrap import services
from portal.config import Overrides, load
from portal.core.chain import FleetView, HopState, Verdict
from portal.core.facets import Freshness, Source

CLUSTERED = {"application", "external-secrets", "workload", "store"}


def known(view: FleetView, tenants: int) -> bool:
    """Whether the clusters are live and every tenant was judged by what they hold."""
    lines = {line.name: line.state for line in view.sources}
    return (
        lines.get(Source.KUBERNETES) is Freshness.LIVE
        and len(view.tenants) == tenants
        and all(
            hop.state is not HopState.UNKNOWN
            for verdict in view.tenants
            for hop in verdict.hops
            if hop.name in CLUSTERED
        )
    )


def memory_mb() -> float:
    """Resident now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def peak_mb() -> float:
    """Resident at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def say(document: dict[str, Any]) -> None:
    sys.stdout.write(orjson.dumps(document).decode() + "\n")
    sys.stdout.flush()


async def main(config: Path, tenants: int) -> None:
    settings = load(Overrides(config=config), {}, config.parent)
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    began = time.monotonic()
    async with services(settings) as ports, aclosing(ports.status.changes()) as views:
        first = 0.0
        async for view in views:
            if view.tenants and not first:
                first = time.monotonic() - began
            if known(view, tenants):
                break
        say(
            {
                "first_rows": first,
                "complete": time.monotonic() - began,
                "cpu": time.process_time(),
                "peak_mb": peak_mb(),
            }
        )
        while await commands.readline():
            say(await _follow(views, asyncio.ensure_future(commands.readline())))


async def _follow(views: Any, stop: "asyncio.Future[bytes]") -> dict[str, Any]:
    """Every change of a tenant's state until the line that ends it, and what following took."""
    states: dict[str, str] = {}
    before: tuple[Verdict, ...] = ()
    seen: list[list[Any]] = []
    cpu, began, count = time.process_time(), time.monotonic(), 0
    async for view in views:
        now = time.monotonic()
        count += 1
        for old, verdict in zip_longest(before, view.tenants):
            if old is verdict or verdict is None:
                continue
            key = str(verdict.tenant)
            workload = next(hop.state.value for hop in verdict.hops if hop.name == "workload")
            if states.get(key) != workload:
                states[key] = workload
                seen.append([key, workload, now])
        before = view.tenants
        if stop.done():
            break
    wall = time.monotonic() - began
    return {
        "seen": seen,
        "views": count,
        "cpu": time.process_time() - cpu,
        "wall": wall,
        "memory_mb": memory_mb(),
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    # As in every process of the portal.
    gc.set_threshold(*CYCLES)
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
