"""`up --only kubernetes`: the cluster alone, with its controllers, its roles and, unless told, its node."""

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulator.harness.worlds import KUBECTL, World, simulator
from tests.simulator.waiting import hold_until

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
OF_OTHERS = ("kubeconfig_operator", "kubeconfig_viewer", "kubeconfig_nobody")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("alone") / "tmp", "--only", "kubernetes", "--no-kubelet") as up:
        yield up


def asked(world: World, who: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """What kubectl says to the holder of one of the kubeconfigs."""
    return subprocess.run(
        [KUBECTL, f"--kubeconfig={world.told[who]}", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "HOME": str(world.temporary)},
        timeout=60,
    )


def test_every_kubeconfig_is_private_and_of_somebody_else(cluster: World) -> None:
    for who, user in zip(("kubeconfig", *OF_OTHERS), ("admin", "operator", "viewer", "nobody"), strict=True):
        path = Path(cluster.told[who])
        assert path.name == who.replace("_", "-")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert user in asked(cluster, who, "auth", "whoami").stdout


@pytest.mark.parametrize(
    ("who", "verb", "what", "may"),
    [
        ("kubeconfig", "delete", "nodes", "yes"),
        ("kubeconfig_operator", "delete", "deployments.apps", "yes"),
        ("kubeconfig_operator", "create", "namespaces", "no"),
        ("kubeconfig_viewer", "list", "pods", "yes"),
        ("kubeconfig_viewer", "get", "secrets", "no"),
        ("kubeconfig_viewer", "delete", "pods", "no"),
        ("kubeconfig_nobody", "list", "pods", "no"),
    ],
)
def test_roles_decide_what_each_may_do(cluster: World, who: str, verb: str, what: str, may: str) -> None:
    assert asked(cluster, who, "auth", "can-i", verb, what).stdout.strip() == may


def test_a_refusal_names_who_what_and_where(cluster: World) -> None:
    refused = asked(cluster, "kubeconfig_viewer", "get", "secrets", "-n", "kube-system")
    assert refused.returncode == 1
    assert (
        'secrets is forbidden: User "viewer" cannot list resource "secrets" in API group "" '
        'in the namespace "kube-system"'
    ) in refused.stderr


def test_a_deployment_becomes_pods_that_wait_and_reset_takes_both_away(cluster: World) -> None:
    cluster.kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
    hold_until(lambda: "Pending" in cluster.kubectl("get", "pods", "--selector=app=web"))
    done = simulator(cluster.temporary, "reset")
    assert (done.returncode, "the cluster" in done.stderr) == (0, True), done.stderr
    assert cluster.kubectl("get", "deployments,pods", "-o", "name") == ""
    hold_until(lambda: cluster.kubectl("get", "storageclass", "-o", "name"))


def test_its_state_is_shown_and_rules_are_refused_with_the_way_out(cluster: World) -> None:
    (run,) = json.loads(simulator(cluster.temporary, "status", "--json").stdout)["runs"]
    assert (run["state"], run["only"]) == ("up", "kubernetes")
    assert [row["name"] for row in run["backends"]] == ["kubernetes", "workloads"]
    assert "Kubernetes" in simulator(cluster.temporary, "status").stdout
    refused = simulator(cluster.temporary, "fault", "add", "kube:list pods", "throttle")
    assert (refused.returncode, "python -m simulator up" in refused.stderr) == (1, True)


def test_with_its_node_pods_run_and_all_of_it_ends_with_its_owner(tmp_path: Path) -> None:
    with World(tmp_path / "tmp", "--only", "kubernetes") as world:
        world.kubectl("apply", "-f", "-", stdin=DEPLOYMENT)
        world.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        world.kubectl("rollout", "restart", "deployment/web")
        world.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        world.kubectl("scale", "deployment/web", "--replicas=2")
        world.kubectl("wait", "--for=jsonpath={.status.readyReplicas}=2", "deployment/web", "--timeout=60s")
        assert "2" in world.kubectl("rollout", "history", "deployment/web")
        assert world.kubectl("logs", "deployment/web", "--tail=1").strip()
        restarted = "jsonpath={.spec.template.metadata.annotations}"
        assert "restartedAt" in world.kubectl("get", "deployment/web", "-o", restarted)
        world.kubectl("rollout", "undo", "deployment/web")
        world.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        assert "restartedAt" not in world.kubectl("get", "deployment/web", "-o", restarted)
        run_dir = world.run_dir
    assert not run_dir.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--no-kubelet",), "add --only kubernetes"),
        (("--only", "kubernetes", "--cluster", "kind"), "leave --tier and its like away"),
        (("--only", "kubernetes", "--faults", "rules.yaml"), "leave --faults away"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(
    tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    refused = simulator(tmp_path / "tmp", "up", *arguments)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert sentence in refused.stderr
