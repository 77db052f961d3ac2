"""What runs on this machine, as `ps` tells it on Linux and macOS."""

import subprocess


def running() -> dict[int, tuple[int, str]]:
    """Parent and command line of every process that has not ended; zombies have."""
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
    return set(pids) & running().keys()


def descendants(root: int) -> set[int]:
    """`root` and everything it started, directly or not."""
    table = running()
    family = {root}
    while more := {pid for pid, (parent, _) in table.items() if parent in family} - family:
        family |= more
    return family
