"""Tell the node which real port stands behind each port of the pod, by `run/ports.json`."""

import fcntl
import json
from pathlib import Path

PORTS = Path("run/ports.json")


def announce(real: dict[str, int], path: Path = PORTS) -> None:
    """Merge into the pod's table; containers of one pod share it, as they share a network."""
    path.parent.mkdir(exist_ok=True, mode=0o700)
    with (path.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = json.loads(path.read_text()) if path.exists() else {}
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps({**known, **real}))
        fresh.replace(path)
