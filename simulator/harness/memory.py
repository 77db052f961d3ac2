"""How much memory a world takes, by process: read from the system, without asking the world.

RSS counts a page once for every process that has it, PSS shares it out among them; only Linux tells PSS.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_KINDS = (
    ("simulator up", "supervisor"),
    ("simulator world", "world"),
    ("simulator.harness.sweeper", "sweeper"),
    ("simulator.ssm.server", "moto"),
    ("workload/launcher.py", "toy service"),
    ("valkey-server", "valkey-server"),
    ("postgres", "postgres"),
    ("kubectl", "kubectl"),
    ("git", "git"),
)
_OTHER = "other"
_MEGABYTE = 1024


@dataclass(frozen=True, slots=True)
class Process:
    """`rss` and `pss` are kilobytes; `pss` is None where the system does not tell it."""

    parent: int
    command: str
    rss: int
    pss: int | None

    @property
    def kind(self) -> str:
        """What it is in a world; its arguments are shown to nobody."""
        return next((kind for words, kind in _KINDS if words in self.command), _OTHER)


def of_world(supervisor: int) -> list[dict[str, Any]]:
    """`[{name, count, rss_mb, pss_mb}]`, the largest first, of the supervisor and everything below it."""
    table = _from_proc() if (_PROC / "self" / "statm").exists() else _from_ps()
    kinds: dict[str, list[Process]] = {}
    for pid in _family(supervisor, table):
        kinds.setdefault(table[pid].kind, []).append(table[pid])
    rows = [
        {
            "name": kind,
            "count": len(processes),
            "rss_mb": _megabytes(process.rss for process in processes),
            "pss_mb": _shared(processes),
        }
        for kind, processes in kinds.items()
    ]
    return sorted(rows, key=lambda row: -float(str(row["rss_mb"])))


def _shared(processes: Iterable[Process]) -> float | None:
    """None unless the system tells it of each of them."""
    told = [process.pss for process in processes]
    known = [pss for pss in told if pss is not None]
    return _megabytes(known) if len(known) == len(told) else None


def _megabytes(kilobytes: Iterable[int]) -> float:
    return round(sum(kilobytes) / _MEGABYTE, 1)


def _family(root: int, table: Mapping[int, Process]) -> Iterator[int]:
    children: dict[int, list[int]] = {}
    for pid, process in table.items():
        children.setdefault(process.parent, []).append(pid)
    waiting = [root] if root in table else []
    while waiting:
        pid = waiting.pop()
        yield pid
        waiting += children.get(pid, [])


def _from_proc() -> dict[int, Process]:
    found = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (process := _read(entry)) is not None:
            found[int(entry.name)] = process
    return found


def _read(entry: Path) -> Process | None:
    """None for a process that has ended meanwhile."""
    try:
        parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        resident = _field(entry / "status", "VmRSS:") or 0
    except (OSError, IndexError, ValueError):
        return None
    return Process(parent, command, resident, _field(entry / "smaps_rollup", "Pss:"))


def _field(path: Path, name: str) -> int | None:
    """Kilobytes of one line; None where it is not told, or not to us."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), None)


def _from_ps() -> dict[int, Process]:
    try:
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,ppid=,rss=,args="],  # noqa: S607 - ps is where the system has it
            check=True,
            capture_output=True,
            text=True,
            timeout=10,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return {}
    found = {}
    for line in listed.splitlines():
        pid, parent, rss, *args = line.split(None, 3)
        found[int(pid)] = Process(int(parent), args[0] if args else "", int(rss), None)
    return found
