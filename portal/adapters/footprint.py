"""Memory of a set of processes: the proportional share where the system tells it, else the resident size."""

import asyncio
import sys
from pathlib import Path

from portal.adapters.threads import Threads

PS_SECONDS = 5.0
PROC_SECONDS = 5.0
PROC = Path("/proc")


async def footprint_mb(roots: frozenset[int], groups: frozenset[int]) -> float | None:
    """Megabytes of `roots` and of every process in one of `groups`; None where nothing can tell.

    On Linux shared pages count once (`Pss`); elsewhere `ps` gives resident sizes, which count them often.
    """
    if sys.platform != "linux":
        return await _from_ps(roots, groups)
    async with Threads(1, name="footprint") as threads:
        try:
            return await threads.call(_from_proc, roots, groups, timeout=PROC_SECONDS)
        except (OSError, TimeoutError):
            return None


def _from_proc(roots: frozenset[int], groups: frozenset[int]) -> float:
    total = 0
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                group = int(stat.rpartition(")")[2].split()[2])
                if int(entry.name) in roots or group in groups:
                    total += _kilobytes(entry)
            except OSError:
                continue
    return total / 1024


def _kilobytes(entry: Path) -> int:
    for name, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        for line in (entry / name).read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1])
    return 0


async def _from_ps(roots: frozenset[int], groups: frozenset[int]) -> float | None:
    try:
        process = await asyncio.create_subprocess_exec(
            "ps", "-axo", "pid=,pgid=,rss=", stdout=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(PS_SECONDS):
            out, _ = await process.communicate()
    except (OSError, TimeoutError):
        return None
    rows = [tuple(map(int, line.split())) for line in out.decode().splitlines() if len(line.split()) == 3]  # noqa: PLR2004 - the three columns asked for
    return sum(rss for pid, group, rss in rows if pid in roots or group in groups) / 1024
