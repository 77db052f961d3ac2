"""A tenant becomes healthy on a cluster with controllers of its own, by the same command as elsewhere."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.account import EXAMPLES, FIRST, ROOT, portal
from tests.simulator.engines import engine_url
from tests.simulator.harness.test_kubernetes import kubectl, serving
from tests.simulator.harness.worlds import environment
from tests.simulator.kind.machine import machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
_NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "theirs"}}
_PASSED_ON = ("DOCKER_", "KIND_", "ZEROTOUCH_IMAGE_", "XDG_RUNTIME_DIR")


def _rehearse(directory: Path, env: Mapping[str, str], *flags: str) -> dict[str, Any]:
    """The report of a rehearsal that went well."""
    home = directory / "home"
    home.mkdir()
    command = portal("rehearse", f"-f={EXAMPLES / FIRST}.yaml", "--report", str(directory / "report"), *flags)
    done = subprocess.run(
        command,
        check=False,
        cwd=ROOT,
        env={**env, "HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    report: dict[str, Any] = json.loads((directory / "report" / "report.json").read_text())
    return report


def _all_is_well(report: Mapping[str, Any], cluster: str) -> None:
    (tenant,) = report["tenants"]
    assert {hop["state"] for hop in tenant["hops"]} == {"healthy"}
    assert (report["tiers"]["cluster"], report["leftovers"]) == (cluster, [])


@pytest.mark.long
def test_a_tenant_becomes_healthy_on_a_cluster_of_a_scripted_kind(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="zt") as short, machine(tmp_path, Path(short)) as installed:
        report = _rehearse(tmp_path, installed.env, "--cluster", "kind")
        assert not installed.serves
    _all_is_well(report, "kind")


def test_a_tenant_becomes_healthy_on_an_existing_cluster_and_leaves_it(tmp_path: Path) -> None:
    with serving(tmp_path / "cluster") as kubeconfig:
        kubectl(kubeconfig, "apply", "-f", "-", stdin=json.dumps(_NODE))
        flags = ("--cluster", "external", "--kubeconfig", str(kubeconfig))
        report = _rehearse(tmp_path, environment(tmp_path / "tmp"), *flags)
        namespaces = kubectl(kubeconfig, "get", "namespaces", "-o", "name").split()
        left = kubectl(kubeconfig, "get", "crds,pods,pvc,pv,nodes", "-A", "-o", "name").split()
    assert {name.partition("/")[2] for name in namespaces} == {
        "default",
        "kube-node-lease",
        "kube-public",
        "kube-system",
    }
    assert left == ["node/theirs"]
    _all_is_well(report, "external")


@pytest.mark.kind
def test_a_tenant_becomes_healthy_on_a_cluster_of_the_real_kind(tmp_path: Path) -> None:
    if shutil.which("kind") is None:
        pytest.skip("kind is not on PATH")
    engine = engine_url("node")
    own = {name: text for name, text in os.environ.items() if name.startswith(_PASSED_ON)}
    report = _rehearse(
        tmp_path, {**environment(tmp_path / "tmp"), **own, "DOCKER_HOST": engine}, "--cluster", "kind"
    )
    _all_is_well(report, "kind")
    left = subprocess.run(
        ["kind", "get", "clusters"],  # noqa: S607 - where PATH has it
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert not [name for name in left if name.startswith("zerotouch-")]
