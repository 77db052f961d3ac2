"""What rehearsals left on this machine, by the marks they leave: nothing else is looked at."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

# Every run has an identity and a lock that its processes hold; world.json stands once it is up.
IDENTITY, LOCK, WORLD = "run.json", "run.lock", "world.json"


class Life(Enum):
    """What became of a run."""

    RUNNING = auto()
    OWNERLESS = auto()
    ENDED = auto()
    LOGS_ONLY = auto()


@dataclass(frozen=True, slots=True)
class Run:
    """One run directory, and what became of its world."""

    run_dir: Path
    life: Life


def runs() -> tuple[Run, ...]:
    """Every run of this user that the index in the temporary directory names, oldest first."""
    index = Path(tempfile.gettempdir()).resolve() / f"zerotouch-{os.geteuid()}"
    try:
        entries = sorted(index.iterdir(), key=lambda entry: entry.lstat().st_mtime)
    except OSError:
        return ()
    return tuple(_runs(entries))


def running(run_dir: Path) -> bool:
    """Whether a process of the run holds its lock; the system frees it with the last of them."""
    try:
        descriptor = os.open(run_dir / LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def group_alive(group: int) -> bool:
    """Whether any process of the group exists."""
    return _signalled(-group)


def _runs(entries: list[Path]) -> Iterator[Run]:
    for entry in entries:
        path = entry.resolve()
        try:
            supervisor = int(json.loads((path / IDENTITY).read_text())["supervisor_pid"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        yield Run(path, _life(path, supervisor))


def _life(path: Path, supervisor: int) -> Life:
    if running(path):
        return Life.RUNNING if _signalled(supervisor) else Life.OWNERLESS
    return Life.ENDED if (path / LOCK).exists() else Life.LOGS_ONLY


def _signalled(target: int) -> bool:
    """Whether a process, or the group of a negative number, can be signalled or at least exists."""
    try:
        os.kill(target, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
