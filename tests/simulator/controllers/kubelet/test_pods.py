"""Pods on the virtual node: real processes with the environment the API gives them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.clock import WallClock
from simulator.controllers import virtual_kubelet, workloads
from simulator.controllers.conditions import is_true
from simulator.controllers.kinds import POD, SECRET, Object
from tests.simulator.controllers.cluster import Cluster, cluster, pod
from tests.simulator.processes import environment
from tests.simulator.waiting import until

SPEED = 20.0


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    clock = WallClock(SPEED)
    async with cluster(tmp_path, clock) as running:
        running.run(
            workloads.run(running.api, clock),
            virtual_kubelet.run(running.api, clock, run_dir=tmp_path),
        )
        yield running


def state_of(obj: Object) -> Object:
    statuses = (obj.get("status") or {}).get("containerStatuses") or [{"state": {}}]
    return dict(statuses[0]["state"])


def waiting(reason: str) -> "Waits":
    return Waits(reason)


class Waits:
    """Holds for a pod whose container waits for that reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __call__(self, obj: Object) -> bool:
        return (state_of(obj).get("waiting") or {}).get("reason") == self.reason


READY = {"httpGet": {"path": "/ready", "port": 3000}, "periodSeconds": 2, "timeoutSeconds": 5}


async def test_a_pod_is_scheduled_started_ready_and_its_log_can_be_read(world: Cluster) -> None:
    await world.api.create(POD, pod("web", ports=[{"containerPort": 3000}], readinessProbe=READY))
    live = await world.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    assert live["spec"]["nodeName"] == "rehearsal"
    assert live["status"]["phase"] == "Running"
    assert live["status"]["podIP"] == "127.0.0.1"
    assert "serving port 3000" in await world.log("web", tailLines="1")


async def test_a_missing_secret_is_named_in_the_kubelets_words_until_it_appears(world: Cluster) -> None:
    source = [{"secretRef": {"name": "identity-service-db"}}]
    await world.api.create(POD, pod("identity", envFrom=source))
    stuck = await world.until(POD, "identity", "default", waiting("CreateContainerConfigError"))
    assert state_of(stuck)["waiting"]["message"] == 'secret "identity-service-db" not found'
    assert stuck["status"]["phase"] == "Pending"
    await world.api.create(SECRET, secret("identity-service-db", {"JUST": "here"}))
    await world.until(POD, "identity", "default", lambda p: "running" in state_of(p))


async def test_a_missing_key_is_named_with_its_secret(world: Cluster) -> None:
    await world.api.create(SECRET, secret("keys", {"other": "x"}))
    wanted = {"secretKeyRef": {"name": "keys", "key": "DATABASE_URL"}}
    await world.api.create(POD, pod("keyless", env=[{"name": "DATABASE_URL", "valueFrom": wanted}]))
    stuck = await world.until(POD, "keyless", "default", waiting("CreateContainerConfigError"))
    message = state_of(stuck)["waiting"]["message"]
    assert message == "couldn't find key DATABASE_URL in Secret default/keys"


async def test_an_unready_service_says_which_check_fails_and_is_not_ready(world: Cluster) -> None:
    environment = [{"name": "DRAGONFLY_HOST", "value": "nowhere.default.svc.cluster.local"}]
    await world.api.create(
        POD, pod("unready", env=environment, ports=[{"containerPort": 3000}], readinessProbe=READY)
    )
    await world.until(POD, "unready", "default", lambda p: "running" in state_of(p))
    event = await world.event("unready", "Unhealthy")
    assert event["message"] == "Readiness probe failed: HTTP probe failed with statuscode: 503"


async def test_a_crashing_container_is_restarted_with_growing_back_off(world: Cluster) -> None:
    await world.api.create(POD, pod("crash", args=["migrate"]))
    stuck = await world.until(POD, "crash", "default", waiting("CrashLoopBackOff"))
    status = stuck["status"]["containerStatuses"][0]
    assert status["restartCount"] >= 1
    assert status["lastState"]["terminated"]["exitCode"] == 1
    assert status["lastState"]["terminated"]["reason"] == "Error"
    uid = stuck["metadata"]["uid"]
    message = state_of(stuck)["waiting"]["message"]
    assert message == f"back-off 10s restarting failed container=app pod=crash_default({uid})"


async def test_an_image_no_registry_holds_ends_in_image_pull_back_off(world: Cluster) -> None:
    await world.api.create(POD, pod("imageless", image="registry.invalid/app:1"))
    stuck = await world.until(POD, "imageless", "default", waiting("ImagePullBackOff"))
    assert 'Back-off pulling image "registry.invalid/app:1"' in state_of(stuck)["waiting"]["message"]


async def test_a_deleted_pod_ends_gracefully_and_leaves_nothing(world: Cluster, tmp_path: Path) -> None:
    await world.api.create(POD, pod("brief", ports=[{"containerPort": 3000}], readinessProbe=READY))
    await world.until(POD, "brief", "default", lambda p: is_true(p, "Ready"))
    directory = tmp_path / "pods" / "default" / "brief"
    assert directory.stat().st_mode & 0o777 == 0o700
    await world.api.delete(POD, "brief", "default")
    await world.gone(POD, "brief", "default")
    await until(lambda: not directory.exists())
    assert "terminated" in next((tmp_path / "logs" / "pods").rglob("0.log")).read_text()


async def test_the_end_of_the_node_is_the_end_of_its_processes(tmp_path: Path) -> None:
    clock = WallClock(SPEED)
    async with cluster(tmp_path, clock) as world:
        world.run(workloads.run(world.api, clock), virtual_kubelet.run(world.api, clock, run_dir=tmp_path))
        await world.api.create(POD, pod("orphan"))
        live = await world.until(POD, "orphan", "default", lambda p: "running" in state_of(p))
        pid = int(live["status"]["containerStatuses"][0]["containerID"].removeprefix("process://"))
        os.kill(pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def secret(name: str, data: dict[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": "default"},
        "stringData": data,
    }


async def test_a_fault_of_the_node_over_a_pod_is_told_and_tried_again(world: Cluster, tmp_path: Path) -> None:
    blocked = tmp_path / "logs" / "pods"
    blocked.parent.mkdir(exist_ok=True)
    blocked.write_text("where logs should go")
    await world.api.create(POD, pod("web", ports=[{"containerPort": 3000}], readinessProbe=READY))
    event = await world.event("web", "FailedSync")
    assert event["message"].startswith("error syncing pod, trying again: ")
    blocked.unlink()
    await world.until(POD, "web", "default", lambda p: is_true(p, "Ready"))


async def test_the_home_of_a_pod_is_its_own_directory(world: Cluster, tmp_path: Path) -> None:
    """Libraries look for credentials there, such as libpq for `.pgpass` and `.postgresql`."""
    await world.api.create(POD, pod("web", ports=[{"containerPort": 3000}], readinessProbe=READY))
    live = await world.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    pid = int(live["status"]["containerStatuses"][0]["containerID"].removeprefix("process://"))
    home = tmp_path / "pods" / "default" / "web"
    assert home.is_dir()
    assert f"HOME={home}" in await environment(pid)
