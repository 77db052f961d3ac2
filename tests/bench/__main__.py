"""`make bench`: start-up against the interpreter's own, and a rehearsal phase by phase."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "manifests" / "examples" / "identity-service.yaml"
RUNS = 7
PROMISED_SECONDS, PROMISED_MB = 20, 700


def _seconds(*command: str) -> float:
    """Median wall time of a command."""
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, timeout=60, check=True)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def start_up() -> list[str]:
    """How long `--version` and `--help` take, as multiples of an empty interpreter."""
    floor = _seconds(sys.executable, "-c", "pass")
    lines = [f"python -c pass        {floor * 1000:6.0f} ms  floor"]
    for argument in ("--version", "--help"):
        taken = _seconds(sys.executable, "-m", "portal", argument)
        lines.append(f"portal {argument:<15}{taken * 1000:6.0f} ms  {taken / floor:.1f} x the floor")
    return lines


def rehearsal() -> list[str]:
    """Seconds and megabytes by phase for one service."""
    with tempfile.TemporaryDirectory() as directory:
        began = time.perf_counter()
        command = [sys.executable, "-m", "portal", "rehearse", "-f", str(EXAMPLE), "--headless"]
        subprocess.run(
            [*command, "--report", directory], cwd=ROOT, capture_output=True, timeout=300, check=True
        )
        wall = time.perf_counter() - began
        report = json.loads((Path(directory) / "report.json").read_text())
    most = max(phase["memory_mb"] or 0 for phase in report["phases"])
    lines = [f"{p['name']:<32}{p['seconds']:6.1f} s  {p['memory_mb'] or 0:6.0f} MB" for p in report["phases"]]
    total = f"{'rehearsal of one service':<32}{wall:6.1f} s  {most:6.0f} MB at most"
    return [*lines, f"{total}; promised on 2 cores: {PROMISED_SECONDS} s, {PROMISED_MB} MB"]


def main() -> None:
    """Print every figure."""
    for line in [*start_up(), "", *rehearsal()]:
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
