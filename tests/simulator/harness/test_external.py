"""A world on an existing cluster: named by the person, kept apart, and left as it was found."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.simulator.families import alive
from tests.simulator.harness.test_kubernetes import kubectl, serving
from tests.simulator.harness.worlds import START_SECONDS, World, command, environment, simulator
from tests.simulator.waiting import hold_until

NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "theirs"}}
KINDS = (
    "namespaces",
    "customresourcedefinitions",
    "storageclasses",
    "persistentvolumes",
    "persistentvolumeclaims",
    "nodes",
    "pods",
    "secrets",
    "services",
    "statefulsets",
    "leases",
)
RUN = "dev.zerotouch.run"
EXTERNAL_SECRET = {
    "apiVersion": "external-secrets.io/v1beta1",
    "kind": "ExternalSecret",
    "metadata": {"name": "canary", "namespace": "default"},
    "spec": {
        "secretStoreRef": {"kind": "ClusterSecretStore", "name": "aws-parameter-store"},
        "data": [{"secretKey": "KEY", "remoteRef": {"key": "/zerotouch/dev/canary/key"}}],
    },
}


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of a cluster with one node."""
    with serving(tmp_path / "cluster") as kubeconfig:
        _apply(kubeconfig, NODE)
        yield kubeconfig


def _apply(kubeconfig: Path, obj: dict[str, Any]) -> None:
    kubectl(kubeconfig, "apply", "-f", "-", stdin=json.dumps(obj))


def _named(kubeconfig: Path) -> set[str]:
    """Everything there is, by kind, namespace and name."""
    listed = json.loads(kubectl(kubeconfig, "get", ",".join(KINDS), "-A", "-o", "json"))["items"]
    return {
        f"{each['kind']} {each['metadata'].get('namespace', '')}/{each['metadata']['name']}"
        for each in listed
    }


def _world(temporary: Path, kubeconfig: Path, *more: str) -> World:
    return World(temporary, "--cluster", "external", "--kubeconfig", str(kubeconfig), *more)


def test_it_is_used_and_left_as_it_was_found(tmp_path: Path, theirs: Path) -> None:
    before, text = _named(theirs), theirs.read_bytes()
    with _world(tmp_path / "tmp", theirs) as world:
        world.deploy_a_cache()
        run = world.told["run_id"]
        node = json.loads(kubectl(theirs, "get", "node", "theirs", "-o", "json"))
        assert node["spec"]["unschedulable"] is True
        assert node["metadata"]["annotations"]["dev.zerotouch.cordoned-by"] == run
        for kind in ("crd", "clustersecretstore", "storageclass", "node", "application,appproject"):
            marked = kubectl(theirs, "get", kind, "-A", f"--selector={RUN}={run}", "-o", "name")
            assert marked.strip(), kind
        claim = kubectl(theirs, "get", "pvc", "-o", "jsonpath={.items[*].spec.storageClassName}")
        assert claim == "zerotouch-rehearsal"
        row = next(each for each in world.told["backends"] if each["name"] == "kubernetes")
        assert (row["tier"], row["detail"]) == ("external", "rehearsal")
    assert "still holds" not in world.progress.read_text()
    assert not world.run_dir.exists()
    assert _named(theirs) == before
    node = json.loads(kubectl(theirs, "get", "node", "theirs", "-o", "json"))
    assert "unschedulable" not in node["spec"]
    assert "dev.zerotouch.cordoned-by" not in node["metadata"].get("annotations", {})
    assert theirs.read_bytes() == text


def test_when_everybody_is_killed_at_once_it_is_left_as_it_was_found_too(
    tmp_path: Path, theirs: Path
) -> None:
    before = _named(theirs)
    with _world(tmp_path / "tmp", theirs) as world:
        world.deploy_a_cache()
        family = world.family()
        for pid in (world.supervisor.pid, world.pid):
            os.kill(pid, signal.SIGKILL)
        hold_until(lambda: not alive(*family))
    hold_until(lambda: not (world.run_dir / "external.json").exists(), 90)
    assert _named(theirs) == before


def _has_pods_without_processes(world: World) -> None:
    """A pod is ready, and nothing of it runs."""
    world.deploy_a_cache()
    state = "jsonpath={.status.containerStatuses[0].containerID}"
    assert world.kubectl("get", "pod", "canary-0", "-o", state).startswith("none://")
    assert not any("valkey" in argv for argv in world.commands())
    row = next(each for each in world.told["backends"] if each["name"] == "kubelet")
    assert row["detail"] == "pods are nothing but their state"


def _serves_the_older_external_secrets(world: World) -> None:
    """Of its kinds one version is served, in which a Secret is synced, in the words of that time."""
    served = world.kubectl("api-resources", "--api-group=external-secrets.io", "--no-headers").splitlines()
    assert {line.split()[-3] for line in served} == {"external-secrets.io/v1beta1"}
    world.parameters().put_parameter(Name="/zerotouch/dev/canary/key", Value="x", Type="SecureString")
    world.kubectl("apply", "-f", "-", stdin=json.dumps(EXTERNAL_SECRET))
    world.kubectl("wait", "--for=condition=Ready", "externalsecret/canary", f"--timeout={START_SECONDS}s")
    told = "jsonpath={.status.conditions[0].message}"
    assert world.kubectl("get", "externalsecret", "canary", "-o", told) == "Secret was synced"
    assert world.kubectl("get", "secret", "canary", "-o", "jsonpath={.data.KEY}") == "eA=="


def test_what_cannot_be_withdrawn_now_is_told_and_withdrawn_later(tmp_path: Path, theirs: Path) -> None:
    """In a world of pods without processes and an older External Secrets."""
    before = _named(theirs)
    away = theirs.with_name("away")
    with _world(tmp_path / "tmp", theirs, "--pods", "none", "--external-secrets", "v1beta1") as world:
        _has_pods_without_processes(world)
        _serves_the_older_external_secrets(world)
        theirs.rename(away)
    told = world.progress.read_text()
    assert f"still holds what run {world.told['run_id']} applied" in told
    assert "cannot be read" in told
    again = _refused(tmp_path / "tmp", "--cluster", "external", "--kubeconfig", str(away))
    assert f"the rehearsal {world.told['run_id']} is in this cluster" in again
    away.rename(theirs)
    down = simulator(tmp_path / "tmp", "down", "--run-dir", str(world.run_dir))
    assert (down.returncode, down.stderr) == (0, "")
    assert _named(theirs) == before


def _refused(temporary: Path, *arguments: str) -> str:
    """What a world that is not to come up says."""
    refused = subprocess.run(
        command("up", *arguments),
        check=False,
        env=environment(temporary),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    return refused.stderr


def _pod(namespace: str) -> dict[str, Any]:
    containers = [{"name": "web", "image": "web:1"}]
    metadata = {"name": "web", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": containers}}


def test_a_cluster_that_is_not_free_is_one_sentence_and_is_left_alone(tmp_path: Path, theirs: Path) -> None:
    _apply(theirs, _pod("default"))
    before = _named(theirs)
    told = _refused(tmp_path / "tmp", "--cluster", "external", "--kubeconfig", str(theirs))
    assert "cluster: the cluster runs workloads of others (default/web)" in told
    assert "unschedulable" not in kubectl(theirs, "get", "node", "theirs", "-o", "json")
    assert _named(theirs) == before


def test_it_is_never_the_one_that_happens_to_be_current(tmp_path: Path) -> None:
    told = _refused(tmp_path / "tmp", "--cluster", "external")
    assert told == "--cluster external needs --kubeconfig FILE: a cluster is used only when it is named.\n"


def test_options_of_an_existing_cluster_need_one(tmp_path: Path) -> None:
    told = _refused(tmp_path / "tmp", "--kubeconfig", str(tmp_path / "any"))
    assert told == "--kubeconfig and --context name an existing cluster: add --cluster external.\n"


def test_a_cluster_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with serving(tmp_path / "cluster") as kubeconfig:
        text = kubeconfig.read_text()
    gone = tmp_path / "gone"
    gone.write_text(text)
    told = _refused(tmp_path / "tmp", "--cluster", "external", "--kubeconfig", str(gone))
    assert "cluster: rehearsal at https://127.0.0.1:" in told
    assert "does not answer" in told


def test_a_cluster_that_takes_the_user_for_nobody_is_named(tmp_path: Path, theirs: Path) -> None:
    document = yaml.safe_load(theirs.read_text())
    document["users"][0]["user"] = {"token": "stale"}
    other = tmp_path / "other"
    other.write_text(yaml.safe_dump(document))
    told = _refused(tmp_path / "tmp", "--cluster", "external", "--kubeconfig", str(other))
    assert "cluster: rehearsal does not accept its kubeconfig's user (401)" in told
