"""A fleet of 1,000 services in three environments: cold start, changes, a storm of events, memory."""

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from tests.bench.figures import ROOT, command, floor, seconds, told
from tests.bench.fleet.seed import ENVIRONMENTS

SERVICES = 1000
CHANGES, GAP = 200, 0.13
RATE, STORM = 500, 20
_PAUSE = threading.Event()


class Child:
    """A process that answers in lines of JSON."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.process.communicate(timeout=30)

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{self.process.args!r} ended with {self.process.wait()}"
        return json.loads(line)


def settings(directory: Path, facts: dict[str, Any]) -> Path:
    """A settings file that points the portal at the seeded fleet."""
    credentials = directory / "credentials"
    credentials.write_text("[default]\naws_access_key_id = LKIAbench\naws_secret_access_key = bench\n")
    (directory / "aws").write_text("[default]\nregion = ap-south-1\n")
    (directory / "neon.key").write_text("simneon_bench")
    lines = [
        "[profiles.default.neon]",
        f'url = "{facts["neon"]}"',
        f'api_key_file = "{directory / "neon.key"}"',
        "[profiles.default.aws]",
        f'ssm_endpoint = "{facts["ssm"]}"',
        f'config_file = "{directory / "aws"}"',
        f'credentials_file = "{credentials}"',
        "[profiles.default.repository]",
        f'url = "{facts["repository"]}"',
    ]
    for name in ENVIRONMENTS:
        lines += [
            f"[profiles.default.environments.{name}]",
            f'neon_project = "p-{name}"',
            f'kubeconfig = "{facts[name]}"',
        ]
    path = directory / "portal.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def lines() -> Iterator[str]:
    """Figures beside the floor: the same lists read and parsed in the same run."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        Child("tests.bench.fleet.server", temporary, str(SERVICES)) as server,
    ):
        facts = server.answer()
        config = settings(Path(temporary), facts)
        least, count, cpu = _floor(config)
        yield f"{facts['objects']} objects in {len(ENVIRONMENTS)} clusters, {count:.0f} listed"
        yield told("lists read and parsed, nothing else", least, "s")
        yield told("  of it CPU", cpu, "s")
        tenants = SERVICES * len(ENVIRONMENTS)
        with Child("tests.bench.fleet.followed", str(config), str(tenants)) as followed:
            started = followed.answer()
            yield told("cold start, first rows", started["first_rows"], "s")
            yield told(
                "cold start, complete", started["complete"], "s", 1.5 * least + 1, started["complete"] / least
            )
            yield told("  CPU of it and of start-up", started["cpu"], "s")
            yield told("  RSS at most", started["peak_mb"], "MB", 300)
            yield from _changes(server, followed)
            yield from _storm(server, followed)
        yield from _status(config)


def _spent() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _floor(config: Path) -> tuple[float, float, float]:
    runs = []
    for _ in range(3):
        run = subprocess.run(
            [sys.executable, "-m", "tests.bench.fleet.floor", str(config)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        runs.append([float(word) for word in run.stdout.split()])
    wall, count, cpu = sorted(runs)[1]
    return wall, count, cpu


def _changes(server: Child, followed: Child) -> Iterator[str]:
    _PAUSE.wait(8)
    followed.say("follow")
    server.say(f"change {CHANGES} {GAP}")
    written = server.answer()
    followed.say("stop")
    saw = followed.answer()
    seen: dict[tuple[str, str], list[float]] = {}
    for tenant, state, at in saw["seen"]:
        seen.setdefault((tenant, state), []).append(at)
    waits = []
    for tenant, state, at in written:
        after = [when for when in seen.get((tenant, state), []) if when >= at]
        if after:
            waits.append(min(after) - at)
    waits.sort()
    yield f"{len(waits)} of {len(written)} changes were seen"
    yield told("one change to its view, median", statistics.median(waits) * 1000, "ms")
    yield told("one change to its view, p99", waits[int(len(waits) * 0.99) - 1] * 1000, "ms", 50)


def _storm(server: Child, followed: Child) -> Iterator[str]:
    followed.say("follow")
    server.say(f"storm {RATE} {STORM}")
    events = server.answer()
    followed.say("stop")
    saw = followed.answer()
    share = saw["cpu"] / saw["wall"] * 100
    yield told(f"{events / STORM:.0f} events/s, part of a core", share, "%", 30)
    yield told("  views a second", saw["views"] / saw["wall"], "/s", 10)
    yield told("RSS after it", saw["memory_mb"], "MB", 300)
    yield told("RSS at most", saw["peak_mb"], "MB", 300)


def _status(config: Path) -> Iterator[str]:
    least = floor()
    base = [sys.executable, "-m", "portal", "--config", str(config), "status", "-o", "json"]

    def run() -> object:
        return subprocess.run([*base, "svc-0500/dev"], cwd=ROOT, capture_output=True, check=False, timeout=60)

    run()
    before = _spent()
    yield told("portal status -o json of one tenant", seconds(run, 5), "s", 1.5)
    yield told("  of it CPU", (_spent() - before) / 5, "s", 1.5)
    for argument, limit in (("--version", 3), ("--help", 6)):
        taken = seconds(command(sys.executable, "-m", "portal", argument), 9)
        yield told(f"portal {argument}", taken * 1000, "ms", limit * least * 1000, taken / least)
