"""What runs on this machine: read from `/proc` where there is one, told by `ps` elsewhere."""

import subprocess
from pathlib import Path

PROC = Path("/proc")
_READABLE = (PROC / "self" / "stat").exists()


def running() -> dict[int, tuple[int, str]]:
    """Parent and command line of every process that has not ended; zombies have."""
    if not _READABLE:
        return _listed()
    every = {int(entry.name): _parent(int(entry.name)) for entry in PROC.glob("[0-9]*")}
    return {pid: (parent, _command(pid)) for pid, parent in every.items() if parent is not None}


def _parent(pid: int) -> int | None:
    """None for a process that has ended."""
    try:
        told = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    state, parent = told.rpartition(")")[2].split()[:2]
    return None if state in "ZX" else int(parent)


def _command(pid: int) -> str:
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ""
    return words.rstrip(b"\0").replace(b"\0", b" ").decode(errors="replace")


def _listed() -> dict[int, tuple[int, str]]:
    listed = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,ppid=,stat=,args="],  # noqa: S607 - ps is where the system has it
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = {}
    for line in listed.splitlines():
        pid, parent, state, *args = line.split(None, 3)
        if not state.startswith("Z"):
            found[int(pid)] = (int(parent), args[0] if args else "")
    return found


def alive(*pids: int) -> set[int]:
    """Those of `pids` that have not ended."""
    return {pid for pid in pids if _parent(pid) is not None} if _READABLE else set(pids) & running().keys()


def descendants(root: int) -> set[int]:
    """`root` and everything it started, directly or not."""
    table = running()
    family = {root}
    while more := {pid for pid, (parent, _) in table.items() if parent in family} - family:
        family |= more
    return family
