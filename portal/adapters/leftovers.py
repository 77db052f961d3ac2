"""What rehearsals left on this machine: only run directories that carry our mark are looked at."""

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MARK = "world.json"


@dataclass(frozen=True, slots=True)
class Run:
    """One run directory: its world's process group, and whether anything of it is alive."""

    run_dir: Path
    supervisor: int
    group: int
    owned: bool
    alive: bool


def runs(environ: Mapping[str, str]) -> tuple[Run, ...]:
    """Every run directory of this user below the temporary directory, oldest first."""
    base = Path(environ.get("TMPDIR") or tempfile.gettempdir()) / f"zerotouch-{os.getuid()}"
    return tuple(_runs(base)) if base.is_dir() else ()


def group_alive(group: int) -> bool:
    """Whether any process of the group exists."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _runs(base: Path) -> Iterator[Run]:
    for path in sorted(base.iterdir(), key=lambda entry: entry.stat().st_mtime):
        try:
            facts = json.loads((path / MARK).read_text())
            supervisor, group = int(facts["supervisor_pid"]), int(facts["pid"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        yield Run(path, supervisor, group, owned=_alive(supervisor), alive=group_alive(group))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
