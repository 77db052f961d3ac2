"""The node in a real cluster: what it shows of itself, which pods it runs, where its volumes come from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.clock import WallClock
from simulator.controllers import virtual_kubelet, workloads
from simulator.controllers.conditions import is_true
from simulator.controllers.kinds import (
    DAEMON_SET,
    LEASE,
    NODE,
    PERSISTENT_VOLUME,
    PERSISTENT_VOLUME_CLAIM,
    POD,
    Object,
)
from simulator.controllers.reconciling import owner_reference
from simulator.controllers.virtual_kubelet import volumes
from simulator.controllers.virtual_kubelet.admission import rejection
from tests.simulator.controllers.cluster import Cluster, cluster, pod

CLASS = "local-path-abroad"
LABELS = {"app": "agent"}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    clock = WallClock()
    async with cluster(tmp_path, clock) as running:
        running.run(
            workloads.run(running.api, clock),
            virtual_kubelet.run(running.api, clock, run_dir=tmp_path, abroad=True),
            volumes.run(running.api, clock, volumes.storage_class(CLASS)),
        )
        yield running


async def test_it_is_ready_and_alive_without_an_address_anybody_would_route_to(world: Cluster) -> None:
    node = await world.until(NODE, "rehearsal", "", lambda n: is_true(n, "Ready"))
    lease = await world.until(LEASE, "rehearsal", "kube-node-lease", lambda lease: lease["spec"])
    assert [each["type"] for each in node["status"]["addresses"]] == ["Hostname"]
    assert (lease["spec"]["holderIdentity"], lease["spec"]["leaseDurationSeconds"]) == ("rehearsal", 40)


async def test_a_pod_with_the_volume_every_real_pod_is_given_runs_with_an_address_a_slice_may_hold(
    world: Cluster,
) -> None:
    token = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}}
    root = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    projected = {"name": "kube-api-access-x2x4z", "projected": {"sources": [token, root]}}
    mount = {
        "name": "kube-api-access-x2x4z",
        "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        "readOnly": True,
    }
    await world.api.create(POD, pod("web", volumeMounts=[mount], spec={"volumes": [projected]}))
    live = await world.until(POD, "web", "default", lambda p: is_true(p, "Ready"))
    assert live["status"]["podIPs"] == [{"ip": "192.0.2.1"}]


@pytest.mark.parametrize(("namespace", "daemon"), [("kube-system", False), ("default", True)])
async def test_what_a_cluster_puts_on_every_node_is_rejected_and_goes_when_deleted(
    world: Cluster, namespace: str, daemon: bool
) -> None:
    placed = pod("agent", spec={"nodeName": "rehearsal"})
    placed["metadata"]["namespace"] = namespace
    if daemon:
        owner = await world.api.create(DAEMON_SET, agents())
        placed["metadata"]["ownerReferences"] = [owner_reference(owner)]
    await world.api.create(POD, placed)
    rejected = await world.until(
        POD, "agent", namespace, lambda p: (p.get("status") or {}).get("phase") == "Failed"
    )
    assert rejected["status"]["reason"] == "RehearsalOnly"
    assert "Pod was rejected: the rehearsal node runs no pods of" in rejected["status"]["message"]
    assert not rejected["status"].get("containerStatuses")
    await world.api.delete(POD, "agent", namespace)
    await world.gone(POD, "agent", namespace)


def agents() -> Object:
    spec = {"containers": [{"name": "agent", "image": "agent:1"}], "tolerations": [{"operator": "Exists"}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": spec},
        },
    }


def test_a_pod_owned_by_anything_else_is_taken() -> None:
    owned = pod("web")
    owned["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "controller": True}]
    assert rejection(owned) is None


async def test_its_volumes_are_bound_by_the_cluster_and_go_with_their_claims(world: Cluster) -> None:
    spec = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": CLASS,
        "resources": {"requests": {"storage": "1Gi"}},
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": "default"},
        "spec": spec,
    }
    made = await world.api.create(PERSISTENT_VOLUME_CLAIM, claim)
    bound = await world.until(
        PERSISTENT_VOLUME_CLAIM, "data", "default", lambda c: c["status"].get("phase") == "Bound"
    )
    volume = await world.api.get(PERSISTENT_VOLUME, f"pvc-{made['metadata']['uid']}")
    assert bound["spec"]["volumeName"] == volume["metadata"]["name"]
    assert volume["metadata"]["annotations"]["pv.kubernetes.io/provisioned-by"] == volumes.PROVISIONER
    await world.api.delete(PERSISTENT_VOLUME_CLAIM, "data", "default")
    await world.gone(PERSISTENT_VOLUME, volume["metadata"]["name"])
