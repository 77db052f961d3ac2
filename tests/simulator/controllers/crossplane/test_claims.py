"""The platform's own definition and Composition: from a claim to a cache that answers, and back."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from simulator.clock import WallClock
from simulator.controllers import crossplane, virtual_kubelet, workloads
from simulator.controllers.conditions import find, is_true
from simulator.controllers.crossplane.kinds import COMPOSITION, DEFINITION, OBJECT
from simulator.controllers.kinds import POD, SECRET, SERVICE, STATEFUL_SET, Kind, Object
from tests.simulator.controllers.cluster import MANIFESTS, Cluster, cluster, pod
from tests.simulator.controllers.kubelet.test_pods import READY

GROUP = "cache.bizmatters.io"
CLAIM = Kind(GROUP, "v1alpha1", "DragonflyInstance", "dragonflyinstances", namespaced=True)
COMPOSITE = Kind(GROUP, "v1alpha1", "XDragonflyInstance", "xdragonflyinstances", namespaced=False)
NAMESPACE = "platform-identity"
CACHE: Object = {
    "apiVersion": CLAIM.api_version,
    "kind": CLAIM.kind,
    "metadata": {"name": "identity-cache", "namespace": NAMESPACE},
    "spec": {"size": "micro"},
}

CACHES = MANIFESTS / "platform" / "31-dragonfly-composition.yaml"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    clock = WallClock(10)
    async with cluster(tmp_path, clock) as running:
        await running.define("compositeresourcedefinitions", "compositions", "objects", "providerconfigs")
        await running.namespace(NAMESPACE)
        running.run(
            crossplane.run(running.api, clock),
            workloads.run(running.api, clock),
            virtual_kubelet.run(running.api, clock, run_dir=tmp_path),
        )
        yield running


async def platform(world: Cluster, *, composition: bool = True) -> None:
    await world.apply_file(MANIFESTS / "platform" / "30-dragonfly-definition.yaml")
    if composition:
        await world.apply_file(CACHES, storage_class="local-path")
    await world.apply_file(MANIFESTS / "platform" / "32-kubernetes-provider.yaml")
    name = f"{COMPOSITE.plural}.{GROUP}"
    defined = await world.until(DEFINITION, name, "", lambda d: is_true(d, "Offered"))
    assert (find(defined, "Established") or {})["reason"] == "WatchingCompositeResource"


async def test_a_claim_becomes_a_cache_a_service_can_use(world: Cluster) -> None:
    await platform(world)
    await world.api.create(CLAIM, CACHE)
    claim = await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: is_true(c, "Ready"))
    assert is_true(claim, "Synced")
    assert claim["status"]["endpoint"] == f"identity-cache.{NAMESPACE}.svc.cluster.local"
    composite = await world.api.get(COMPOSITE, claim["spec"]["resourceRef"]["name"])
    assert composite["metadata"]["labels"]["crossplane.io/claim-name"] == "identity-cache"
    assert len(composite["spec"]["resourceRefs"]) == 4
    assert (find(composite, "Ready") or {})["reason"] == "Available"
    connection = await world.api.get(SECRET, "identity-cache-conn", NAMESPACE)
    assert set(connection["data"]) == {"DRAGONFLY_HOST", "DRAGONFLY_PORT", "DRAGONFLY_PASSWORD"}
    assert base64.b64decode(connection["data"]["DRAGONFLY_PASSWORD"]).decode() == composite["metadata"]["uid"]

    user = pod(
        "user",
        envFrom=[{"secretRef": {"name": "identity-cache-conn"}}],
        ports=[{"containerPort": 3000}],
        readinessProbe=READY,
    )
    user["metadata"]["namespace"] = NAMESPACE
    await world.api.create(POD, user)
    await world.until(POD, "user", NAMESPACE, lambda p: is_true(p, "Ready"))
    assert "check cache: ok" in await world.log("user", NAMESPACE)


async def test_the_cause_of_a_stuck_claim_stands_on_the_composite(world: Cluster) -> None:
    await platform(world, composition=False)
    await world.api.create(CLAIM, CACHE)
    claim = await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: find(c, "Ready"))
    waiting = find(claim, "Ready") or {}
    assert (waiting["status"], waiting["reason"]) == ("False", "Waiting")
    assert waiting["message"] == "Claim is waiting for composite resource to become Ready"
    name = claim["spec"]["resourceRef"]["name"]
    composite = await world.until(COMPOSITE, name, "", lambda c: find(c, "Synced"))
    cause = find(composite, "Synced") or {}
    assert (cause["status"], cause["reason"]) == ("False", "ReconcileError")
    assert cause["message"] == "cannot select Composition: no compatible Compositions found"
    await world.apply_file(CACHES, storage_class="local-path")
    assert (await world.api.list(COMPOSITION)).items
    await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: is_true(c, "Ready"))


async def test_a_missing_provider_configuration_is_reported_up_the_chain(world: Cluster) -> None:
    await world.apply_file(MANIFESTS / "platform" / "30-dragonfly-definition.yaml")
    await world.apply_file(CACHES, storage_class="local-path")
    await world.until(DEFINITION, f"{COMPOSITE.plural}.{GROUP}", "", lambda d: is_true(d, "Offered"))
    await world.api.create(CLAIM, CACHE)
    claim = await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: c["spec"].get("resourceRef"))
    name = claim["spec"]["resourceRef"]["name"]
    composite = await world.until(
        COMPOSITE, name, "", lambda c: "Unready" in (find(c, "Ready") or {}).get("message", "")
    )
    assert (find(composite, "Ready") or {})["message"] == (
        "Unready resources: connection-secret, dragonfly-service, dragonfly-statefulset, and 1 more"
    )
    reference = composite["spec"]["resourceRefs"][0]["name"]
    stuck = await world.until(OBJECT, reference, "", lambda o: find(o, "Synced"))
    assert (
        'ProviderConfig.kubernetes.crossplane.io "kubernetes-provider" not found'
        in ((find(stuck, "Synced") or {})["message"])
    )


async def test_deleting_the_claim_deletes_everything_it_composed(world: Cluster) -> None:
    await platform(world)
    await world.api.create(CLAIM, CACHE)
    claim = await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: is_true(c, "Ready"))
    composite = await world.api.get(COMPOSITE, claim["spec"]["resourceRef"]["name"])
    await world.api.delete(CLAIM, "identity-cache", NAMESPACE)
    await world.gone(CLAIM, "identity-cache", NAMESPACE)
    name = claim["spec"]["resourceRef"]["name"]
    await world.gone(COMPOSITE, name)
    for kind, name in ((STATEFUL_SET, "identity-cache"), (SERVICE, "identity-cache")):
        await world.gone(kind, name, NAMESPACE)
    await world.gone(SECRET, "identity-cache-conn", NAMESPACE)
    await world.gone(POD, "identity-cache-0", NAMESPACE)
    for reference in composite["spec"]["resourceRefs"]:
        await world.gone(OBJECT, reference["name"])
        event = await world.event(reference["name"], "DeletedExternalResource")
        assert event["message"] == "Successfully requested deletion of external resource"
