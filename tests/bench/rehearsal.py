"""A rehearsal of one service, phase by phase."""

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import ROOT, command, told

EXAMPLE = ROOT / "manifests" / "examples" / "identity-service.yaml"
PROMISED_SECONDS, PROMISED_MB = 20, 700


def lines() -> Iterator[str]:
    """Seconds and megabytes by phase."""
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        rehearse = [sys.executable, "-m", "portal", "rehearse", "-f", str(EXAMPLE), "--headless"]
        command(*rehearse, "--report", directory)()
        wall = time.perf_counter() - began
        report = json.loads((Path(directory) / "report.json").read_text())
    for phase in report["phases"]:
        yield f"{told(phase['name'], phase['seconds'], 's')}  {phase['memory_mb'] or 0:6.0f} MB"
    yield told("rehearsal of one service", wall, "s", PROMISED_SECONDS)
    most = max(phase["memory_mb"] or 0 for phase in report["phases"])
    yield told("at most", most, "MB", PROMISED_MB)
