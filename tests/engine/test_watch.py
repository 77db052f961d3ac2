"""Following a chain after an apply: how long it is worth waiting, and what is told meanwhile."""

from dataclasses import replace

import pytest

from portal.core.chain import HopName, HopState, Verdict
from portal.core.events import Stage
from portal.core.facets import TenantKey
from portal.engine.saga.watch import watch
from tests.engine.fakes import FakeStatus, World
from tests.engine.scenes import Machine

TENANT = TenantKey("identity-service", "dev")


class Broken(FakeStatus):
    """Broken at one hop for ever; how long it has been so is part of the cause."""

    def __init__(self, world: World, hop: HopName) -> None:
        super().__init__(world)
        self.hop = hop

    async def verdict(self, tenant: TenantKey) -> Verdict:
        age = self.world.boundaries.clock.monotonic()
        return Verdict(tenant, HopState.BROKEN, self.hop, f"so for {age:.0f} s", "portal trace", ())


@pytest.mark.parametrize(
    ("hop", "least", "most"),
    [("parameters", 30, 35), ("current-secret", 30, 35), ("workload", 300, 305)],
)
async def test_what_waiting_cannot_mend_is_waited_for_no_longer_than_sources_are_late(
    hop: str, least: float, most: float
) -> None:
    machine = Machine(World())
    ports = replace(machine.ports, status=Broken(machine.world, HopName(hop)))
    began = ports.clock.monotonic()
    verdict = await watch(ports, TENANT, machine.progress.append)
    assert verdict.broken_hop == hop
    assert least <= ports.clock.monotonic() - began <= most
    stages = [line.stage for line in machine.progress]
    assert machine.progress[-1].detail.endswith("; next: portal trace")
    assert stages == [Stage.STARTED, Stage.WAITING, Stage.FAILED], "an age that grows is no news"
