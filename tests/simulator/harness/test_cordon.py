"""Real nodes are kept free of tenants once what the cluster itself needs runs, and given back."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.backends.failure import BackendFailed
from simulator.clock import WallClock
from simulator.controllers.kinds import NODE, POD, Object
from simulator.harness import cordon, occupancy
from tests.simulator.controllers.cluster import Cluster, cluster, pod

READY = {"conditions": [{"type": "Ready", "status": "True"}]}
MINE = {"metadata": {"annotations": {"dev.zerotouch.cordoned-by": "other"}}, "spec": {"unschedulable": True}}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path, WallClock()) as running:
        await running.api.create(NODE, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}})
        await running.api.patch_status(NODE, "a", READY)
        yield running


def _system_pod() -> Object:
    placed = pod("coredns", spec={"nodeName": "a"})
    placed["metadata"]["namespace"] = "kube-system"
    return placed


async def test_it_waits_until_the_systems_pods_are_ready(world: Cluster) -> None:
    await world.api.create(POD, _system_pod())
    waiting = asyncio.create_task(cordon.settled(world.api))
    done, _ = await asyncio.wait({waiting}, timeout=0.5)
    assert not done
    await world.api.patch_status(POD, "coredns", READY, "kube-system")
    async with asyncio.timeout(20):
        await waiting


async def test_what_was_not_ready_in_time_is_named(world: Cluster) -> None:
    await world.api.create(POD, _system_pod())
    with pytest.raises(BackendFailed, match=r"was not ready within 1 s \(Pod coredns\)"):
        await cordon.settled(world.api, 1)


async def test_a_run_uncordons_what_it_cordoned_and_nothing_else(world: Cluster) -> None:
    await world.api.create(NODE, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "b"}})
    await world.api.merge_patch(NODE, "b", MINE)
    await cordon.cordon(world.api, "r1")
    cordoned = [node["spec"].get("unschedulable") for node in (await world.api.list(NODE)).items]
    await cordon.uncordon(world.api, "r1")
    after = {
        n["metadata"]["name"]: n["spec"].get("unschedulable") for n in (await world.api.list(NODE)).items
    }
    assert cordoned == [True, True]
    assert after == {"a": None, "b": True}


def _pod_of(namespace: str, owner: str = "") -> Object:
    owners = [{"kind": owner, "name": "o"}] if owner else []
    return {"metadata": {"name": "p", "namespace": namespace, "ownerReferences": owners}, "spec": {}}


@pytest.mark.parametrize(
    ("found", "free"),
    [
        (_pod_of("kube-system"), True),
        (_pod_of("local-path-storage"), True),
        (_pod_of("calico-system"), True),
        (_pod_of("monitoring", "DaemonSet"), True),
        (_pod_of("default"), False),
        (_pod_of("team", "ReplicaSet"), False),
    ],
)
def test_only_the_clusters_own_pods_do_not_count_as_workloads(found: Object, free: bool) -> None:
    assert (occupancy.workloads([found]) == "") is free
