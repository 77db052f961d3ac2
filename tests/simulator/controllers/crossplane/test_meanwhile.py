"""What others change while a controller is at an object is looked at once that pass is over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from simulator.clock import WallClock
from simulator.controllers import crossplane
from simulator.controllers.api import Api
from simulator.controllers.crossplane.kinds import OBJECT
from simulator.controllers.kinds import Kind, Object
from tests.simulator.controllers.cluster import Cluster, cluster
from tests.simulator.controllers.crossplane.test_claims import (
    CACHE,
    CLAIM,
    COMPOSITE,
    NAMESPACE,
    platform,
)


class Meddled:
    """The API of a controller, in which somebody changes what it is about to report of a kind, once."""

    def __init__(self, api: Api, kind: Kind, change: Object) -> None:
        self._api, self._kind, self._change = api, kind, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    async def patch_status(self, kind: Kind, name: str, status: Object, namespace: str = "") -> Object:
        if kind.kind == self._kind.kind and self._change:
            change, self._change = self._change, {}
            await self._api.merge_patch(kind, name, change, namespace)
        return await self._api.patch_status(kind, name, status, namespace)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path, WallClock(10)) as running:
        await running.define("compositeresourcedefinitions", "compositions", "objects", "providerconfigs")
        await running.namespace(NAMESPACE)
        yield running


def _run(world: Cluster, kind: Kind, change: Object) -> None:
    meddled: Any = Meddled(world.api, kind, change)
    world.run(crossplane.run(meddled, WallClock(10)))


async def test_a_claim_that_is_changed_while_it_is_reported_reaches_its_composite(world: Cluster) -> None:
    _run(world, CLAIM, {"spec": {"size": "small"}})
    await platform(world)
    await world.api.create(CLAIM, CACHE)
    bound = await world.until(CLAIM, "identity-cache", NAMESPACE, lambda c: c["spec"].get("resourceRef"))
    name = bound["spec"]["resourceRef"]["name"]
    await world.until(COMPOSITE, name, "", lambda c: c["spec"].get("size") == "small")


async def test_an_object_that_is_changed_while_it_is_reported_is_applied(world: Cluster) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": NAMESPACE}}
    change = {"spec": {"forProvider": {"manifest": {"data": {"size": "small"}}}}}
    _run(world, OBJECT, change)
    await platform(world)
    spec = {"forProvider": {"manifest": manifest}, "providerConfigRef": {"name": "kubernetes-provider"}}
    body = {"apiVersion": OBJECT.api_version, "kind": OBJECT.kind, "metadata": {"name": "m"}, "spec": spec}
    await world.api.create(OBJECT, body)
    maps = await world.api.resource("v1", "ConfigMap")
    await world.until(maps, "m", NAMESPACE, lambda m: (m.get("data") or {}).get("size") == "small")
