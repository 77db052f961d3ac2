"""A world on a cluster made by kind: what kind is asked, what the cluster is like, and what is left of it."""

import json
import os
import shutil
import signal
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from simulator.backends.kind import record
from tests.simulator.families import alive
from tests.simulator.harness.worlds import START_SECONDS, World, command
from tests.simulator.kind.machine import Machine
from tests.simulator.waiting import hold_until


def _up(machine: Machine, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A world that is not to come up."""
    return subprocess.run(
        command("up", *(arguments or ("--cluster", "kind"))),
        check=False,
        env=machine.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )


def _say(machine: Machine, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """One short command."""
    return subprocess.run(
        command(*arguments),
        check=False,
        env=machine.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
    )


def _runs(machine: Machine) -> list[Path]:
    return list((machine.temporary / f"zerotouch-{os.geteuid()}").iterdir())


def test_pods_of_tenants_run_on_a_cluster_that_kind_made_and_kind_deletes_it(installed: Machine) -> None:
    with World(installed.temporary, "--cluster", "kind", env=installed.env) as world:
        _the_nodes_are_as_they_should_be(world)
        world.deploy_a_cache()
        assert "Ready to accept connections" in world.kubectl("logs", "canary-0")
        _refusals_of_logs_are_those_of_an_api_server(world)
        _nobody_passes_without_a_token(world)
        _what_stands_beneath_is_told_and_cannot_be_reset(world)
        row = next(each for each in world.told["backends"] if each["name"] == "kubernetes")
        assert (row["product"], row["tier"], row["version"]) == ("kind", "container", "v1.36.2")
        assert "workloads" not in {process.partition(" ")[0] for process in world.commands()}
    _kind_was_asked_for_nothing_but_its_own(installed, world)
    assert not installed.serves
    assert not world.run_dir.exists()


def _the_nodes_are_as_they_should_be(world: World) -> None:
    nodes = {
        each["metadata"]["name"]: each["spec"]
        for each in json.loads(world.kubectl("get", "nodes", "-o", "json"))["items"]
    }
    ours = nodes.pop("rehearsal")
    (theirs,) = nodes.values()
    assert "unschedulable" not in ours
    assert theirs["unschedulable"] is True
    daemons = json.loads(world.kubectl("get", "daemonsets", "-n", "kube-system", "-o", "json"))["items"]
    assert len(daemons) == 2
    for daemon in daemons:
        assert daemon["spec"]["updateStrategy"] == {"type": "OnDelete"}
        assert "virtual-kubelet" in json.dumps(daemon["spec"]["template"]["spec"]["affinity"])
    leases = world.kubectl("get", "lease", "-n", "kube-node-lease", "-o", "name")
    assert leases.split() == ["lease.coordination.k8s.io/rehearsal"]


def _refusals_of_logs_are_those_of_an_api_server(world: World) -> None:
    for arguments, words in (
        (("canary-0", "--container=nobody"), "container nobody is not valid for pod canary-0"),
        (("canary-0", "--previous"), 'previous terminated container "dragonfly" in pod "canary-0" not found'),
        (("absent",), 'pods "absent" not found'),
    ):
        with pytest.raises(subprocess.CalledProcessError) as refused:
            world.kubectl("logs", *arguments)
        assert words in refused.value.stderr


def _nobody_passes_without_a_token(world: World) -> None:
    """Although what goes on from the gateway is an administrator's certificate."""
    url = next(each["endpoint"] for each in world.told["backends"] if each["name"] == "kubernetes")
    trust = ssl.create_default_context(cafile=world.run_dir / "pki" / "ca.crt")
    acting = {"Impersonate-User": "kubernetes-admin", "Impersonate-Group": "system:masters"}
    with httpx.Client(base_url=url, verify=trust, trust_env=False) as client:
        for status, headers in ((403, {}), (401, {"Authorization": "Bearer wrong"}), (403, acting)):
            assert client.get("/api/v1/secrets", headers=headers).status_code == status, headers
            log = "/api/v1/namespaces/default/pods/canary-0/log"
            assert client.get(log, headers=headers).status_code == status, headers
        assert client.get("/version").status_code == 200


def _what_stands_beneath_is_told_and_cannot_be_reset(world: World) -> None:
    token = Path(world.told["control_token_file"]).read_text()
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=world.told["control_url"], headers=headers, trust_env=False) as client:
        objects = client.get("/truth", timeout=30).json()["kube"]["objects"]
        assert objects["v1 Node"] == 2
        refused = client.post("/reset", json={}, timeout=30)
        assert refused.status_code == 409
        assert "The cluster of this world is not the simulator's own" in refused.json()["error"]


def _kind_was_asked_for_nothing_but_its_own(machine: Machine, world: World) -> None:
    """The program itself refuses every word it does not know."""
    create, delete = machine.calls()
    name = f"zerotouch-{world.told['run_id']}"
    kubeconfig = str(world.run_dir / "kind.kubeconfig")
    for call in (create, delete):
        words = call["words"]
        assert words[words.index("--name") + 1] == name
        assert words[words.index("--kubeconfig") + 1] == kubeconfig
        assert "CANARY" not in call["environment"]
        assert call["environment"]["HOME"] == str(world.run_dir / "home")
        assert call["environment"]["DOCKER_HOST"] == machine.env["DOCKER_HOST"]
        assert "KUBECONFIG" not in call["environment"]


def test_kind_is_told_which_provider_to_use(installed: Machine) -> None:
    (installed.root / "bin" / "podman").symlink_to(installed.root / "bin" / "docker")
    installed.script(create="fail")
    installed.env["KIND_EXPERIMENTAL_PROVIDER"] = "podman"
    assert _up(installed).returncode == 1
    assert {call["environment"]["KIND_EXPERIMENTAL_PROVIDER"] for call in installed.calls()} == {"podman"}


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        pytest.param(
            "fail",
            "kind: created no cluster, it ended with status 1: kind cannot run nodes on this machine",
            id="fails",
        ),
        pytest.param("no kubeconfig", "kind: ended well but wrote no kubeconfig", id="no kubeconfig"),
    ],
)
def test_a_creation_that_fails_is_named_with_kinds_last_lines_and_leaves_nothing(
    installed: Machine, fault: str, sentence: str
) -> None:
    installed.script(create=fault)
    failed = _up(installed)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert sentence in failed.stderr
    assert "Starting control-plane" in failed.stderr
    assert installed.asked() == ["create", "delete"]
    assert not installed.serves
    (run,) = _runs(installed)
    assert {entry.name for entry in run.iterdir()} == {"logs", "run.json"}


def test_an_interrupt_while_kind_creates_ends_kind_and_deletes_what_it_made(installed: Machine) -> None:
    installed.script(create="hang")
    with subprocess.Popen(
        command("up", "--cluster", "kind"),
        env=installed.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stderr is not None
        while "[kind] Starting control-plane" not in supervisor.stderr.readline():
            pass
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(20) == 130
    assert installed.asked() == ["create", "delete"]
    assert _runs(installed) == []


def test_when_everybody_is_killed_at_once_the_cluster_goes_too(installed: Machine) -> None:
    with World(installed.temporary, "--cluster", "kind", env=installed.env) as world:
        family = world.family()
        for pid in (world.supervisor.pid, world.pid):
            os.kill(pid, signal.SIGKILL)
        hold_until(lambda: not installed.serves)
        hold_until(lambda: not alive(*family))
    hold_until(lambda: {e.name for e in world.run_dir.iterdir()} == {"logs", "run.json", "world.json"})


def test_a_cluster_that_cannot_be_deleted_is_told_and_deleted_by_the_next_attempt(installed: Machine) -> None:
    installed.script(delete="fail")
    installed.engine.obeys = False
    with World(installed.temporary, "--cluster", "kind", env=installed.env) as world:
        pass
    name = f"zerotouch-{world.told['run_id']}"
    assert f"The kind cluster {name} is not deleted (ERROR: failed to delete cluster" in (
        world.progress.read_text()
    )
    assert f"run kind delete cluster --name {name}" in world.progress.read_text()
    assert record.read(world.run_dir) is not None
    assert not (world.run_dir / "kubeconfig").exists()
    listed = _say(installed, "leftovers")
    assert (listed.returncode, listed.stdout) == (3, f"kind cluster  {name}\n")
    still = _say(installed, "leftovers", "--remove")
    assert still.returncode == 3
    assert f"The kind cluster {name} is not deleted" in still.stderr
    installed.script()
    down = _say(installed, "down", "--run-dir", str(world.run_dir))
    assert (down.returncode, down.stderr) == (0, "")
    assert _say(installed, "leftovers").returncode == 0
    assert not installed.serves
    assert not world.run_dir.exists()


def test_the_next_world_deletes_it_too(installed: Machine) -> None:
    installed.script(create="fail", delete="fail")
    installed.engine.obeys = False
    _up(installed)
    (first,) = _runs(installed)
    assert record.read(first) is not None
    installed.script(create="fail")
    _up(installed)
    assert installed.asked() == ["create", "delete", "delete", "create", "delete"]
    assert record.read(first) is None


def test_without_kind_its_containers_are_removed_by_their_label(installed: Machine) -> None:
    with World(installed.temporary, "--cluster", "kind", env=installed.env) as world:
        (installed.root / "bin" / "kind").unlink()
    assert installed.engine.removed == ["node1"]
    assert not world.run_dir.exists()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("kind", "kind is not on PATH: install it"),
        ("docker", "kind needs the docker command, which is not on PATH"),
    ],
)
def test_what_is_missing_is_one_sentence_and_starts_nothing(
    installed: Machine, missing: str, sentence: str
) -> None:
    (installed.root / "bin" / missing).unlink()
    rest = installed.root / "rest"
    rest.mkdir()
    for program in ("git", "kubectl"):
        if found := shutil.which(program):
            (rest / program).symlink_to(found)
    installed.env["PATH"] = os.pathsep.join([str(installed.root / "bin"), str(rest)])
    refused = _up(installed)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (1, "", 1)
    assert refused.stderr.startswith(sentence)
    assert installed.calls() == []
