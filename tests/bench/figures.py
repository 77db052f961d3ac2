"""How figures are taken and told: beside what was promised, and beside the floor of the same run."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def seconds(action: Callable[[], object], runs: int) -> float:
    """Median wall time."""
    taken = []
    for _ in range(runs):
        began = time.perf_counter()
        action()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def command(*argv: str) -> Callable[[], object]:
    """Something that runs a command to its end."""
    return lambda: subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=300, check=True)


def floor() -> float:
    """What an empty interpreter takes; figures of another hour or machine compare by their ratio to it."""
    return seconds(command(sys.executable, "-c", "pass"), 7)


def told(name: str, figure: float, unit: str, limit: float | None = None, ratio: float | None = None) -> str:
    """One line: the figure, how many times the floor it is, and how much of the limit."""
    digits = 0 if unit in {"ms", "MB"} else 2
    line = f"{name:<44}{figure:9.{digits}f} {unit:<3}"
    if ratio is not None:
        line += f"{ratio:9.1f} x the floor"
    if limit is not None:
        line += f"  {figure / limit:6.0%} of {limit:g} {unit}"
    return line
