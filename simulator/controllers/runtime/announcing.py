"""The published port behind each port of a pod, in the pod's `run/ports.json`."""

import json
from collections.abc import Mapping
from pathlib import Path


def announce(directory: Path, real: Mapping[str, int]) -> None:
    """Add to what is announced."""
    path = directory / "run" / "ports.json"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({**announced(directory), **real}))
    fresh.replace(path)


def announced(directory: Path) -> dict[str, int]:
    """The real port of each port the pod serves, as announced so far."""
    try:
        return dict(json.loads((directory / "run" / "ports.json").read_text()))
    except FileNotFoundError:
        return {}
