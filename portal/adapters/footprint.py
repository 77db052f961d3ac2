"""Memory of a set of processes: the proportional share where the system tells it, else the resident size."""

import asyncio
from pathlib import Path

PS_SECONDS = 5.0
PROC = Path("/proc")


async def footprint_mb(roots: frozenset[int], groups: frozenset[int]) -> float | None:
    """Megabytes of `roots` and of every process in one of `groups`; None where nothing can tell.

    On Linux shared pages count once (`Pss`); elsewhere `ps` gives resident sizes, which count them often.
    """
    if PROC.joinpath("self/stat").exists():
        return _from_proc(roots, groups)
    return await _from_ps(roots, groups)


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
