"""The account of a person on this machine: a home of canaries, their variables, their temporary directory."""

import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.canary import CanaryHome
from tests.e2e.honeypot import honeypot
from tests.e2e.tier import Tier

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "manifests" / "examples"
FIRST, SECOND = "identity-service", "deepagents-runtime"
# Nobody listens there, so whoever follows one of the person's addresses fails at once.
NOWHERE = "http://127.0.0.1:9"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
# The programs a portal or a world finds through PATH and runs as children.
PROGRAMS = ("git", "kubectl", "kustomize")
_NOTING = """\
#!/bin/sh
{{ printf '%s\\n' "$0" "$@"; env; }} >> '{note}.'$$
exec '{program}' "$@"
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Everything of it lies below `directory`."""

    directory: Path
    home: CanaryHome
    tier: Tier

    @classmethod
    def make(cls, directory: Path, tier: Tier) -> "Account":
        account = cls(directory, CanaryHome.make(directory / "home"), tier)
        for path in (account.tmp, account._bin, account._notes):
            path.mkdir()
        for name in PROGRAMS:
            if program := shutil.which(name):
                script = account._bin / name
                script.write_text(_NOTING.format(note=account._notes / name, program=program))
                script.chmod(0o755)
        return account

    @property
    def tmp(self) -> Path:
        return self.directory / "tmp"

    @property
    def _bin(self) -> Path:
        return self.directory / "bin"

    @property
    def _notes(self) -> Path:
        return self.directory / "notes"

    @property
    def path(self) -> str:
        """Where programs are found, those first that note how they are run."""
        return f"{self._bin}{os.pathsep}{os.environ['PATH']}"

    @property
    def environment(self) -> dict[str, str]:
        """What their shell exports: enough to run Python, and much that leads to a production."""
        home, production = str(self.home.path), honeypot()
        postgres, port = production.at("postgres").split(":")
        return {
            "PATH": self.path,
            "PYTHONPATH": str(ROOT),
            "TMPDIR": str(self.tmp),
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/.config",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONSTARTUP": f"{home}/.pythonrc.py",
            "KUBECONFIG": f"{home}/.kube/config",
            "AWS_PROFILE": "canary-profile",
            "AWS_ACCESS_KEY_ID": "canary-access-key",
            "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
            "AWS_SESSION_TOKEN": "canary-session",
            "AWS_ENDPOINT_URL": f"http://{production.at('aws')}",
            "NEON_API_KEY": "canary-neon-key",
            "PORTAL_NEON_URL": f"http://{production.at('neon')}/api/v2",
            "GIT_CONFIG_GLOBAL": f"{home}/.gitconfig",
            "GIT_DIR": f"{home}/.git",
            "PGPASSFILE": f"{home}/.pgpass",
            "PGHOST": postgres,
            "PGPORT": port,
            "SSH_AUTH_SOCK": f"{home}/.ssh/agent",
            **self.tier.environment,
            **dict.fromkeys(_PROXIES, f"http://{production.at('proxy')}"),
        }

    def taken_notes(self) -> Iterator[tuple[str, bytes]]:
        """What every run of such a program noted since this was last asked."""
        for path in self._notes.iterdir():
            yield path.name, path.read_bytes()
            path.unlink()

    def noted(self, program: str) -> dict[str, str]:
        """Arguments and environment of every run of a program found through PATH, by process."""
        return {path.name: path.read_text(errors="replace") for path in self._notes.glob(f"{program}.*")}


def portal(*arguments: str) -> list[str]:
    """The command line of `portal ARGUMENTS` out of this checkout."""
    return [sys.executable, "-m", "portal", *arguments]


def simulator(*arguments: str) -> list[str]:
    """The command line of the simulator out of this checkout."""
    return [sys.executable, "-m", "simulator", *arguments]
