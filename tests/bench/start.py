"""Start-up of the command line against the interpreter's own."""

import sys
from collections.abc import Iterator

from tests.bench.figures import command, floor, seconds, told

RUNS = 7


def lines() -> Iterator[str]:
    """How long `--version` and `--help` take."""
    least = floor()
    yield told("python -c pass", least * 1000, "ms")
    for argument in ("--version", "--help"):
        taken = seconds(command(sys.executable, "-m", "portal", argument), RUNS)
        yield told(f"portal {argument}", taken * 1000, "ms", ratio=taken / least)
