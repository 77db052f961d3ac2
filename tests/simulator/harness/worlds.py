"""Worlds started as their owner starts them: `python -m simulator up`, a pipe to its standard input."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import httpx

from tests.simulator.families import alive, descendants, running
from tests.simulator.neon.schema import judged
from tests.simulator.waiting import hold_until

START_SECONDS = 60.0
END_SECONDS = 60.0
"""A cluster may have to be left as it was found; a world of its own is gone in a few."""
KUBECTL = shutil.which("kubectl") or str(Path(sys.executable).with_name("kubectl"))
_CLAIM = """
apiVersion: cache.bizmatters.io/v1alpha1
kind: DragonflyInstance
metadata: {name: canary, namespace: default}
spec: {size: micro}
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "simulator", *arguments]


def environment(temporary: Path, **more: str) -> dict[str, str]:
    """What a shell would give, with a directory for temporary files of its own."""
    temporary.mkdir(exist_ok=True)
    paths = os.pathsep.join(path for path in sys.path if path)
    return {"PATH": os.environ["PATH"], "PYTHONPATH": paths, "TMPDIR": str(temporary), **more}


def simulator(temporary: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One short command."""
    return subprocess.run(
        command(*arguments),
        check=False,
        env=environment(temporary),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        stdin=subprocess.DEVNULL,
    )


class World:
    """A world that is up; leaving the context ends it, as the end of its owner would."""

    def __init__(self, temporary: Path, *arguments: str, env: Mapping[str, str] | None = None) -> None:
        self.temporary = temporary
        self.progress = temporary.with_suffix(".stderr")
        with self.progress.open("wb") as stderr:
            self.supervisor = subprocess.Popen(
                command("up", *arguments),
                env=dict(env or environment(temporary)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        assert self.supervisor.stdout is not None
        line = self.supervisor.stdout.readline()
        if not line:
            with self.supervisor:
                self.close_input()
            raise RuntimeError(f"the world did not come up: {self.progress.read_text()}")
        self.told: dict[str, Any] = json.loads(line)
        self.run_dir = Path(self.told["run_dir"])
        self.pid = int(self.told["pid"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close_input()
        with self.supervisor:
            try:
                self.supervisor.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                for pid in alive(self.supervisor.pid, self.pid):
                    os.kill(pid, signal.SIGKILL)
                raise

    def close_input(self) -> None:
        assert self.supervisor.stdin is not None
        self.supervisor.stdin.close()

    def wake_a_database(self) -> None:
        """Start a compute, so that a real PostgreSQL belongs to the world."""
        project = self.told["neon_projects"]["dev"]
        base = f"{self.told['neon_url']}/projects/{project}/endpoints"
        key = Path(self.told["neon_api_key_file"]).read_text()
        headers, hooks = {"Authorization": f"Bearer {key}"}, {"response": [judged]}
        with httpx.Client(headers=headers, trust_env=False, timeout=30, event_hooks=hooks) as client:
            (endpoint,) = client.get(base).json()["endpoints"]
            client.post(f"{base}/{endpoint['id']}/start").raise_for_status()
            hold_until(lambda: any("postgres" in argv for argv in self.commands()))

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """What kubectl prints; raises CalledProcessError."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.temporary)}
        kubectl = [KUBECTL, f"--kubeconfig={self.told['kubeconfig']}", *arguments]
        return subprocess.run(
            kubectl, check=True, capture_output=True, text=True, env=env, input=stdin, timeout=START_SECONDS
        ).stdout

    def parameters(self) -> Any:
        """A client of its Parameter Store."""
        names = Path(self.told["aws_credentials_file"]).read_text().split()
        session = boto3.session.Session(names[3], names[6], region_name=self.told["aws_region"])
        return session.client("ssm", endpoint_url=self.told["ssm_url"])

    def deploy_a_cache(self) -> None:
        """Claim a cache and wait until its pod, a process of this machine, is ready."""
        self.kubectl("apply", "-f", "-", stdin=_CLAIM)
        for name, state in (
            ("secret/canary-conn", "create"),
            ("secret/canary-conn", "jsonpath={.data.DRAGONFLY_PASSWORD}"),
            ("pod/canary-0", "create"),
            ("pod/canary-0", "condition=Ready"),
        ):
            self.kubectl("wait", f"--for={state}", name, f"--timeout={START_SECONDS}s")

    def commands(self) -> list[str]:
        """The command line of everything it runs."""
        table = running()
        return [table[pid][1] for pid in self.family() if pid in table]

    def family(self) -> set[int]:
        """The supervisor, the world and everything it runs."""
        return descendants(self.supervisor.pid)
