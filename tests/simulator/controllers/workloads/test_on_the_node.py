"""Workload controllers and the node together: rollouts, jobs and stateful pods over real processes."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.clock import WallClock
from simulator.controllers import virtual_kubelet, workloads
from simulator.controllers.conditions import find, is_true
from simulator.controllers.kinds import (
    DEPLOYMENT,
    ENDPOINTS,
    EVENT,
    JOB,
    NODE,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    REPLICA_SET,
    SERVICE,
    STATEFUL_SET,
    Object,
)
from tests.simulator.controllers.cluster import Cluster, cluster
from tests.simulator.waiting import until

PROBE = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 2, "timeoutSeconds": 5}
WEB = {"app": "web"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    clock = WallClock(20)
    async with cluster(tmp_path, clock) as running:
        certificate = running.authority.issue("kubelet", "127.0.0.1")
        running.run(
            workloads.run(running.api, clock),
            virtual_kubelet.run(running.api, clock, run_dir=tmp_path, certificate=certificate),
        )
        yield running


def deployment(replicas: int = 2, **container: object) -> Object:
    app = {
        "name": "web",
        "image": "ghcr.io/bizmatters/web:1",
        "ports": [{"name": "http", "containerPort": 3000}],
        "readinessProbe": PROBE,
        **container,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": WEB},
            "template": {"metadata": {"labels": WEB}, "spec": {"containers": [app]}},
        },
    }


def complete(obj: Object) -> bool:
    status = obj.get("status") or {}
    wanted = obj["spec"]["replicas"]
    counts = [status.get(key) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return status.get("observedGeneration") == obj["metadata"]["generation"] and counts == [wanted] * 3


async def test_a_deployment_becomes_available_pods_behind_a_service(world: Cluster, tmp_path: Path) -> None:
    ports = [{"name": "http", "port": 80, "targetPort": "http"}]
    service = {"metadata": {"name": "web", "namespace": "default"}, "spec": {"selector": WEB, "ports": ports}}
    await world.api.create(SERVICE, {"apiVersion": "v1", "kind": "Service", **service})
    await world.api.create(DEPLOYMENT, deployment())
    live = await world.until(DEPLOYMENT, "web", "default", complete)
    assert (find(live, "Available") or {})["reason"] == "MinimumReplicasAvailable"
    assert (find(live, "Progressing") or {})["reason"] == "NewReplicaSetAvailable"
    endpoints = await world.until(ENDPOINTS, "web", "default", lambda e: len(e.get("subsets") or []) == 2)
    real = {subset["ports"][0]["port"] for subset in endpoints["subsets"]}
    for directory in (tmp_path / "pods" / "default").iterdir():
        announced = json.loads((directory / "run" / "ports.json").read_text())
        assert announced["3000"] in real
        known = directory / "etc" / "services.json"
        await until(lambda known=known: "127.0.0.1" in known.read_text())  # type: ignore[misc]
        address = json.loads(known.read_text())["web.default.svc.cluster.local"]["80"]
        assert int(address.rpartition(":")[2]) in real


async def test_a_new_template_rolls_out_and_an_old_one_comes_back(world: Cluster) -> None:
    await world.api.create(DEPLOYMENT, deployment())
    await world.until(DEPLOYMENT, "web", "default", complete)
    image = [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "web:2"}]
    await world.api.json_patch(DEPLOYMENT, "web", image, "default")
    live = await world.until(DEPLOYMENT, "web", "default", complete)
    assert live["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "2"
    running = (await world.api.list(POD, "default", labels="app=web")).items
    images = {
        p["spec"]["containers"][0]["image"] for p in running if not p["metadata"].get("deletionTimestamp")
    }
    assert images == {"web:2"}
    sets = (await world.api.list(REPLICA_SET, "default")).items
    assert sorted(s["spec"]["replicas"] for s in sets) == [0, 2]
    back = [
        {
            "op": "replace",
            "path": "/spec/template/spec/containers/0/image",
            "value": "ghcr.io/bizmatters/web:1",
        }
    ]
    await world.api.json_patch(DEPLOYMENT, "web", back, "default")
    live = await world.until(
        DEPLOYMENT,
        "web",
        "default",
        lambda d: complete(d) and d["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3",
    )
    assert len((await world.api.list(REPLICA_SET, "default")).items) == 2


async def test_a_deployment_whose_pods_never_start_runs_into_its_deadline(world: Cluster) -> None:
    target = deployment(envFrom=[{"secretRef": {"name": "absent"}}])
    target["spec"]["progressDeadlineSeconds"] = 30
    await world.api.create(DEPLOYMENT, target)
    live = await world.until(
        DEPLOYMENT, "web", "default", lambda d: (find(d, "Progressing") or {}).get("status") == "False"
    )
    assert (find(live, "Progressing") or {})["reason"] == "ProgressDeadlineExceeded"
    assert (find(live, "Available") or {})["reason"] == "MinimumReplicasUnavailable"


async def test_a_job_that_cannot_succeed_fails_at_its_limit(world: Cluster) -> None:
    await world.api.create(JOB, job(backoffLimit=1))
    live = await world.until(JOB, "migrate", "default", lambda j: is_true(j, "Failed"))
    assert (find(live, "Failed") or {})["reason"] == "BackoffLimitExceeded"
    assert live["status"]["failed"] == 2
    first = (await world.api.list(POD, "default", labels="job-name=migrate")).items[0]
    ended = first["status"]["containerStatuses"][0]["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (1, "Error")
    assert "migration failed: DATABASE_URL is empty" in await world.log(first["metadata"]["name"])


def job(**spec: object) -> Object:
    container = {"name": "migrate", "image": "web:1", "args": ["migrate"]}
    template = {"spec": {"restartPolicy": "Never", "containers": [container]}}
    metadata = {"name": "migrate", "namespace": "default"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata,
        "spec": {"template": template, **spec},
    }


async def test_a_stateful_set_keeps_its_volume_and_its_password_out_of_sight(
    world: Cluster, tmp_path: Path
) -> None:
    await world.api.create(STATEFUL_SET, dragonfly())
    live = await world.until(POD, "cache-0", "default", lambda p: is_true(p, "Ready"))
    claim = await world.api.get(PERSISTENT_VOLUME_CLAIM, "data-cache-0", "default")
    assert claim["status"]["phase"] == "Bound"
    text = "create Claim data-cache-0 Pod cache-0 in StatefulSet cache success"
    await world.first(EVENT, "default", "", lambda e: e["message"] == text)
    assert (tmp_path / "volumes" / "default" / "data-cache-0").is_dir()
    assert "canary-password" not in await arguments_of_everything()
    ended = live["metadata"]["uid"]
    await world.api.delete(POD, "cache-0", "default")
    await world.until(
        POD, "cache-0", "default", lambda p: p["metadata"]["uid"] != ended and is_true(p, "Ready")
    )


async def arguments_of_everything() -> str:
    """The command line of every process of this machine."""
    listing = await asyncio.create_subprocess_exec(
        "ps", "-Aww", "-o", "args=", stdout=asyncio.subprocess.PIPE
    )
    answer, _ = await listing.communicate()
    text = answer.decode(errors="replace")
    assert "valkey-server" in text
    return text


def dragonfly() -> Object:
    container = {
        "name": "dragonfly",
        "image": "docker.dragonflydb.io/dragonflydb/dragonfly:latest",
        "args": ["--requirepass=$(DRAGONFLY_PASSWORD)", "--dir=/data"],
        "env": [{"name": "DRAGONFLY_PASSWORD", "value": "canary-password"}],
        "ports": [{"containerPort": 6379}],
        "readinessProbe": {"tcpSocket": {"port": 6379}, "periodSeconds": 2},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    storage = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": "cache", "namespace": "default"},
        "spec": {
            "replicas": 1,
            "serviceName": "cache",
            "selector": {"matchLabels": {"app": "cache"}},
            "template": {"metadata": {"labels": {"app": "cache"}}, "spec": {"containers": [container]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": storage}],
        },
    }


async def test_the_node_is_ready_and_says_where_its_logs_are(world: Cluster) -> None:
    node = await world.until(NODE, "rehearsal", "", lambda n: is_true(n, "Ready"))
    addresses = {a["type"]: a["address"] for a in node["status"]["addresses"]}
    assert addresses["InternalIP"] == "127.0.0.1"
    assert node["status"]["daemonEndpoints"]["kubeletEndpoint"]["Port"] > 0
