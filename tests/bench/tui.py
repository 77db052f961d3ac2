"""The interface with 3,000 tenants beside an empty application: first paint, keys in a storm, rest."""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import ROOT, told
from tests.tui.terminal import Terminal, terminal

TENANTS, RUNS = 3000, 5
SIZE = (160, 45)
PRESSES, GAP_SECONDS, REST_SECONDS = 200, 0.05, 30.0
# The last changes of the storm are drawn with the first view after it.
CALM_SECONDS = 8.0
MOVES = "jjjjkkkk"
ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLORTERM": "truecolor"}


def lines() -> Iterator[str]:
    """Every figure stands beside the empty application's of the same run."""
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report"
        stage = ["-m", "tests.bench.shown", str(TENANTS), str(report)]
        empty = ["-m", "tests.bench.shown.empty"]
        firsts: dict[str, list[float]] = {"empty": [], "paint": [], "row": []}
        for _ in range(RUNS):
            (shown,) = _started(empty, "READY")
            paint, row = _started(stage, "Command", "service-0000/dev")
            for name, figure in (("empty", shown), ("paint", paint), ("row", row)):
                firsts[name].append(figure)
        least, paint, row = (statistics.median(firsts[name]) for name in ("empty", "paint", "row"))
        yield told("first paint of an empty application", least * 1000, "ms")
        yield told("first paint", paint * 1000, "ms", 1300 * least, paint / least)
        yield told(f"first row of {TENANTS}", row, "s", 1.0, row / least)
        with terminal(stage, ENVIRONMENT, SIZE) as end:
            end.read_until("service-0000/dev")
            yield from _storm(end, report)
            yield from _rest(end, "at rest")
        with terminal(empty, ENVIRONMENT, SIZE) as end:
            end.read_until("READY")
            yield from _rest(end, "the empty application at rest", limits=False)


def _started(argv: list[str], *expected: str) -> list[float]:
    began = time.perf_counter()
    with terminal(argv, ENVIRONMENT, SIZE) as end:
        seen = []
        for text in expected:
            end.read_until(text)
            seen.append(time.perf_counter() - began)
    return seen


def _storm(end: Terminal, report: Path) -> Iterator[str]:
    end.press("S")
    for number in range(PRESSES):
        _listen(end, GAP_SECONDS)
        end.press(MOVES[number % len(MOVES)])
    end.press("E")
    while not report.exists():
        _listen(end, GAP_SECONDS)
    took = json.loads(report.read_text())
    for kind, name, limit in (("keys", "key press to paint", 50), ("views", "view to screen", 200)):
        figures = sorted(took[kind])
        assert len(figures) >= PRESSES / 4, f"only {len(figures)} {kind} were drawn"
        yield told(f"{name} at 200 events/s, median", statistics.median(figures) * 1000, "ms")
        yield told(f"{name} at 200 events/s, p99", figures[int(len(figures) * 0.99)] * 1000, "ms", limit)


def _rest(end: Terminal, name: str, *, limits: bool = True) -> Iterator[str]:
    _listen(end, CALM_SECONDS)
    process, written = Path("/proc") / str(end.process.pid), len(end.written)
    before = _cpu(process)
    _listen(end, REST_SECONDS)
    spent = (_cpu(process) - before) / REST_SECONDS * 100
    output = (len(end.written) - written) * 60 / REST_SECONDS / 1000
    pages = int((process / "statm").read_text().split()[1])
    memory = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    yield told(f"{name}, part of a core", spent, "%", 1 if limits else None)
    yield told(f"{name}, output a minute", output, "kB", 2 if limits else None)
    yield told(f"{name}, RSS", memory, "MB", 130 if limits else None)


def _listen(end: Terminal, seconds: float) -> None:
    """Read what is written for that long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        end.read(deadline)


def _cpu(process: Path) -> float:
    """Seconds spent so far, by the kernel's count."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
