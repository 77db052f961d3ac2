"""ArgoCD asked by a person: what is written to the Application, what is refused, what is written down."""

from dataclasses import replace

import pytest

from portal.core.audit import Outcome
from portal.core.cluster import KubeObject, Resource
from portal.core.facets import TenantKey
from portal.engine.syncing import recheck, sync
from portal.errors import Conflict, NotFound, RefusedError
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fakes import World
from tests.engine.scenes import Machine

TENANT = TenantKey("identity-service", "dev")


class Argo(FakeCluster):
    """One Application, and the patches it was given."""

    def __init__(self, world: World, **more: object) -> None:
        super().__init__(world)
        self.application: KubeObject = {"metadata": {"name": "identity-service"}, **more}
        self.patches: list[KubeObject] = []

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        assert (resource.kind, namespace) == ("Application", "argocd")
        if name != "identity-service":
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        return self.application

    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        assert (resource.kind, name, namespace) == ("Application", "identity-service", "argocd")
        self.patches.append(patch)
        return self.application


def _machine(**more: object) -> tuple[Machine, Argo]:
    world = World()
    machine, argo = Machine(world), Argo(world, **more)
    machine.ports = replace(machine.ports, cluster=argo)
    return machine, argo


async def test_a_sync_prunes_nothing_and_is_written_down() -> None:
    machine, argo = _machine(status={"operationState": {"phase": "Succeeded"}})
    await sync(machine.ports, TENANT)
    (patch,) = argo.patches
    assert patch["operation"]["sync"] == {"prune": False}
    told = [(line.event.action, line.event.target, line.event.outcome) for line in machine.audit.lines]
    target = "Application/identity-service"
    assert told == [("sync", target, Outcome.INTENT), ("sync", target, Outcome.DONE)]


async def test_a_recheck_asks_for_a_comparison_only() -> None:
    machine, argo = _machine(operation={"sync": {}})
    await recheck(machine.ports, TENANT)
    assert argo.patches == [{"metadata": {"annotations": {"argocd.argoproj.io/refresh": "normal"}}}]


@pytest.mark.parametrize(
    "state", [{"operation": {"sync": {}}}, {"status": {"operationState": {"phase": "Running"}}}]
)
async def test_a_sync_does_not_take_the_place_of_one_under_way(state: KubeObject) -> None:
    machine, argo = _machine(**state)
    with pytest.raises(Conflict, match="under way"):
        await sync(machine.ports, TENANT)
    assert not argo.patches
    assert not machine.audit.lines


async def test_read_only_mode_asks_for_nothing() -> None:
    machine, argo = _machine()
    machine.ports = replace(machine.ports, settings=replace(machine.ports.settings, read_only=True))
    with pytest.raises(RefusedError, match="read-only"):
        await sync(machine.ports, TENANT)
    assert not argo.patches


async def test_a_tenant_without_an_application_is_named() -> None:
    machine, _ = _machine()
    with pytest.raises(NotFound):
        await recheck(machine.ports, TenantKey("payments", "dev"))
