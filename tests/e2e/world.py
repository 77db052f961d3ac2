"""A world of its own for end-to-end tests, used as a person uses it: by commands, from outside."""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
UP_SECONDS = 90.0
COMMAND_SECONDS = 120.0
INPUTS = {
    "openai_api_key": "canary-openai-2b9d61f07c",
    "anthropic_api_key": "canary-anthropic-88e1c3a4d0",
    "ghcr_username": "canary-ghcr-user-51aa7e",
    "ghcr_password": "canary-ghcr-pass-c0ffee77",
    "storage_access_key_id": "canary-storage-id-19fe02",
    "storage_secret_access_key": "canary-storage-key-7d21b9",
}


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once the condition holds; AssertionError naming `what` after the deadline."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        pause.wait(0.05)


def environment(home: Path) -> dict[str, str]:
    """What every command of a test gets: nothing of the person running it but PATH."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(home.parent / "tmp"),
    }


@dataclass(frozen=True, slots=True)
class Live:
    """A running world: its facts, and the commands a person would type."""

    facts: dict[str, Any]
    home: Path
    process: "subprocess.Popen[str]"

    @property
    def run_dir(self) -> Path:
        return Path(self.facts["run_dir"])

    def portal(self, *arguments: str, code: int | None = 0) -> "subprocess.CompletedProcess[str]":
        """Run one command to its end, having the exit code expected (None: any)."""
        result = subprocess.run(
            self._command(arguments),
            cwd=ROOT,
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        assert code is None or result.returncode == code, (arguments, result.stdout, result.stderr)
        return result

    def apply(self, spec: Path, code: int | None = 0) -> "subprocess.CompletedProcess[str]":
        """`portal apply` with every input there is."""
        return subprocess.run(
            self._command(("apply", "-f", str(spec), "-e", "dev", "--yes", "--secrets-stdin")),
            cwd=ROOT,
            env=environment(self.home),
            input=_lines(),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=code == 0,
        )

    @contextmanager
    def applying(self, spec: Path) -> Iterator["subprocess.Popen[str]"]:
        """An apply under way, killed at the end of the context if it is still there."""
        command = self._command(("apply", "-f", str(spec), "-e", "dev", "--yes", "--secrets-stdin"))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(self.home),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with process:
            assert process.stdin is not None
            process.stdin.write(_lines())
            process.stdin.close()
            try:
                yield process
            finally:
                process.kill()
                process.wait(timeout=10)

    def calls(self) -> list[dict[str, Any]]:
        """Every call the gateway has logged so far."""
        lines = Path(self.facts["gateway_log"]).read_text().splitlines()
        return [json.loads(line) for line in lines]

    def simulator(self, *arguments: str) -> str:
        """Run one command of the simulator on this world; its output."""
        return subprocess.run(
            [sys.executable, "-m", "simulator", *arguments, "--run-dir", str(self.run_dir)],
            cwd=ROOT,
            env=environment(self.home),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        ).stdout

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "portal", "--world", str(self.run_dir), *arguments]


def _lines() -> str:
    return "".join(f"{key}={value}\n" for key, value in INPUTS.items())


@contextmanager
def living(directory: Path) -> Iterator[Live]:
    """A world that is up; ended by closing its stdin, as an owner that goes away does."""
    home = directory / "home"
    home.mkdir()
    (directory / "tmp").mkdir()
    with (
        (directory / "stderr").open("w") as talk,
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "simulator",
                "up",
                "--json",
                "--run-dir",
                str(directory / "run"),
                "--keep",
            ],
            cwd=ROOT,
            env=environment(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=talk,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(UP_SECONDS, process.kill)
        watchdog.start()
        line = process.stdout.readline()
        watchdog.cancel()
        assert line, (directory / "stderr").read_text()
        try:
            yield Live(json.loads(line), home, process)
        finally:
            process.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            process.kill()


def service(directory: Path, name: str, *, jwt: bool = True, cache: bool = False) -> Path:
    """A small service.yaml of that name."""
    path = directory / f"{name}.yaml"
    lines = [
        "apiVersion: portal.zerotouch.dev/v1",
        "kind: Service",
        f"metadata: {{name: {name}, team: platform}}",
        "spec:",
        f"  namespace: {name}",
        f"  image: ghcr.io/bizmatters/{name}:1.0.0",
        "  port: 8080",
        "  replicas: 1",
        "  database: {pooled: true}",
        "  secrets: [openai_api_key]",
        *(["  jwt: {algorithm: EdDSA}"] if jwt else []),
        *([f"  cache: {{name: {name}-cache, size: micro}}"] if cache else []),
        "  environments: {dev: {}}",
    ]
    path.write_text("\n".join(lines) + "\n")
    return path
