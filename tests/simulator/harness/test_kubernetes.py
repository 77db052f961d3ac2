"""The cluster alone: a process known by its kubeconfig, in which Deployments become pods."""

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.simulator.harness.worlds import command, environment
from tests.simulator.waiting import hold_until

KUBECTL = shutil.which("kubectl") or str(Path(sys.executable).with_name("kubectl"))

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
"""


@contextmanager
def serving(directory: Path, *arguments: str) -> Iterator[Path]:
    """The kubeconfig of a cluster that ends with the context, because its input does."""
    with subprocess.Popen(
        command("kubernetes", "--dir", str(directory), *arguments),
        env=environment(directory.with_suffix(".tmp")),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        told = json.loads(server.stdout.readline())
        assert told["pid"] == server.pid
        yield Path(told["kubeconfig"])
        server.stdin.close()
        assert server.wait(10) == 0


def kubectl(kubeconfig: Path, *arguments: str, stdin: str = "") -> str:
    env = {"PATH": os.environ["PATH"], "HOME": str(kubeconfig.parent)}
    return subprocess.run(
        [KUBECTL, f"--kubeconfig={kubeconfig}", *arguments],
        check=True, capture_output=True, text=True, env=env, input=stdin,
    ).stdout  # fmt: skip


@pytest.mark.parametrize("credential", ["certificate", "token"])
def test_it_is_administered_by_its_kubeconfig(tmp_path: Path, credential: str) -> None:
    with serving(tmp_path / "cluster", "--credential", credential) as kubeconfig:
        assert stat.S_IMODE(kubeconfig.stat().st_mode) == 0o600
        assert ("client-key-data" in kubeconfig.read_text()) == (credential == "certificate")
        assert "kubernetes-admin" in kubectl(kubeconfig, "auth", "whoami")
        kubectl(kubeconfig, "apply", "-f", "-", stdin=DEPLOYMENT)
        hold_until(lambda: "Pending" in kubectl(kubeconfig, "get", "pods", "--selector=app=web"))


def test_it_ends_with_its_input_also_where_that_is_a_socket(tmp_path: Path) -> None:
    ours, its = socket.socketpair()
    argv, env = command("kubernetes", "--dir", str(tmp_path / "cluster")), environment(tmp_path / "tmp")
    with ours, its, subprocess.Popen(argv, env=env, stdin=its.fileno(), stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline()
        ours.close()
        assert server.wait(10) == 0


def test_a_directory_it_cannot_have_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = subprocess.run(
        command("kubernetes", "--dir", str(tmp_path / "file" / "x")),
        check=False,
        env=environment(tmp_path / "tmp"),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert "Not a directory" in refused.stderr
