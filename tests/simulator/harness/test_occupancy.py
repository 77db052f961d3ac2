"""An existing cluster is free for a rehearsal, or one sentence says what is in the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulator.backends.failure import BackendFailed
from simulator.clock import WallClock
from simulator.controllers.kinds import CUSTOM_RESOURCE_DEFINITION, NAMESPACE, NODE, POD, Kind, Object
from simulator.harness import occupancy
from simulator.harness.marked import RUN
from tests.simulator.controllers.cluster import Cluster, cluster, pod

NODE_NAME = "rehearsal"


@pytest.fixture
async def theirs(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path, WallClock()) as running:
        yield running


def _named(kind: str, name: str, **labels: str) -> Object:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "labels": labels}}


def _crd(group: str, plural: str, kind: str) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object"}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "kind": kind},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
        },
    }


@pytest.mark.parametrize(
    ("kind", "obj", "sentence"),
    [
        pytest.param(
            CUSTOM_RESOURCE_DEFINITION,
            _crd("argoproj.io", "rollouts", "Rollout"),
            "ArgoCD is installed in this cluster and would fight with ours",
            id="argocd",
        ),
        pytest.param(
            NAMESPACE,
            _named("Namespace", "argocd"),
            "the cluster has a namespace argocd already",
            id="namespace",
        ),
        pytest.param(
            NAMESPACE,
            _named("Namespace", "left", **{RUN: "r1231-235959-abcd"}),
            "the rehearsal r1231-235959-abcd is in this cluster",
            id="another run",
        ),
        pytest.param(POD, pod("web"), "the cluster runs workloads of others (default/web)", id="workloads"),
        pytest.param(
            NODE, _named("Node", NODE_NAME), f"the cluster has a node named {NODE_NAME}", id="our node"
        ),
    ],
)
async def test_what_is_in_the_way_is_one_sentence(
    theirs: Cluster, kind: Kind, obj: Object, sentence: str
) -> None:
    await theirs.api.create(kind, obj)
    version = (await theirs.api.list(NODE)).version
    with pytest.raises(BackendFailed) as refused:
        await occupancy.check(theirs.api, NODE_NAME)
    assert str(refused.value).startswith(f"cluster: {sentence}")
    assert (await theirs.api.list(NODE)).version == version


async def test_a_free_cluster_is_told_by_its_namespaces(theirs: Cluster) -> None:
    await theirs.api.create(NODE, _named("Node", "theirs"))
    assert "kube-system" in await occupancy.check(theirs.api, NODE_NAME)
