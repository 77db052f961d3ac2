"""The simulator as a child process: its command lines, and what it may know of its owner's environment."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from portal.settings import RehearsalSettings

_PYTHON = ("PATH", "TMPDIR", "LANG", "PYTHONPATH", "VIRTUAL_ENV", "TERM")
_ENGINE = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"),
    *("HOME", "XDG_RUNTIME_DIR", "KIND_EXPERIMENTAL_PROVIDER"),
)
_PASSED_ON = frozenset({*_PYTHON, *_ENGINE})
"""Everything else, credentials above all, stays out. The simulator finds the container engine by the second
line and hands none of it to its world.
"""
_PREFIXES = ("LC_", "TESTCONTAINERS_", "RYUK_", "ZEROTOUCH_IMAGE_")


@dataclass(frozen=True, slots=True)
class WorldOptions:
    """How the world is started; an empty run directory means a fresh temporary one.

    A world that says nothing for `silent_seconds` while it comes up hangs; what it waits for, it gives less.
    """

    run_dir: Path | None = None
    environment: str = "dev"
    speed: float = 1.0
    seed: int = 0
    keep: bool = False
    backends: RehearsalSettings = field(default_factory=RehearsalSettings)
    silent_seconds: float = 180.0


def passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    """What of its owner's environment the simulator gets."""
    return {key: text for key, text in environ.items() if key in _PASSED_ON or key.startswith(_PREFIXES)}


def up(options: WorldOptions) -> list[str]:
    """The command that starts a world."""
    command = _simulator("up", "--json", "--seed", str(options.seed), "--speed", str(options.speed))
    command += ["--environment", options.environment]
    command += ["--run-dir", str(options.run_dir)] if options.run_dir else []
    command += ["--keep"] if options.keep else []
    return [*command, *_backends(options.backends)]


def leftovers() -> list[str]:
    """The command that tells, as JSON, what worlds left in container engines."""
    return _simulator("leftovers", "--json")


def _simulator(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "simulator", *arguments]


def _backends(asked: RehearsalSettings) -> Iterator[str]:
    """Only what was asked for: what was not is the simulator's to say."""
    for name in ("tier", "postgres", "ssm", "cache", "cluster", "pods", "kubeconfig", "context"):
        if value := getattr(asked, name):
            yield from (f"--{name}", str(value))
    for name, reference in asked.images.items():
        yield from ("--image", f"{name}={reference}")
