"""Whole lives of a tenant, drawn at random: whatever happens in whatever order, nothing is lost."""

import asyncio
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from portal.core.cluster import KubeObject, Resource
from portal.core.render import overlap_file
from portal.errors import NotFound, PortalError
from tests.engine.boundaries import FaultKind
from tests.engine.fake_cluster import FakeCluster
from tests.engine.fake_pods import ENVIRONMENT, PREFIX, SERVICE, PodCluster
from tests.engine.offboarding import ARCHIVE, RECORD, Offboarder
from tests.engine.rotating import LEASE_SECONDS, Stage
from tests.engine.scenes import ROLE

SYSTEMS = ("neon", "ssm", "kubernetes", "git", "s3")
WORKS = (("onboard", "rotate"), ("offboard", "rotate"), ("onboard", "offboard"), ("offboard", "offboard"))
SUBJECTS = ("database", "jwt", "openai_api_key")
BY_HAND = "canary-by-hand"
FOREIGN = f"{PREFIX}/somebody_elses"
faults = st.none() | st.tuples(st.integers(1, 200), st.sampled_from(FaultKind))
operators = st.sampled_from([0, 1])


class YoungCluster(PodCluster):
    """A cluster in which nothing of the tenant runs until its first commit was deployed."""

    @property
    def young(self) -> bool:
        return not self.cluster.environments or SERVICE not in self.world.applications

    async def get(self, resource: Resource, name: str, *, namespace: str | None = None) -> KubeObject:
        if self.young and resource.kind in {"Deployment", "ExternalSecret"}:
            raise NotFound("not found", system="kubernetes", operation="get", target=name)
        return await PodCluster.get(self, resource, name, namespace=namespace)

    async def merge_patch(
        self, resource: Resource, name: str, patch: KubeObject, *, namespace: str | None = None
    ) -> KubeObject:
        if not self.young:
            return await PodCluster.merge_patch(self, resource, name, patch, namespace=namespace)
        answer = await FakeCluster.merge_patch(self, resource, name, patch, namespace=namespace)
        if SERVICE in self.world.applications:
            self.cluster.overlap = overlap_file(SERVICE, ENVIRONMENT) in self.world.files
            self.settle()
        return answer


class Lives(RuleBasedStateMachine):
    """Two operators, each with a journal of their own, and a world that is not always well."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Stage()
        self.machines = [self._operator(), self._operator()]
        world = self.stage.world
        world.parameters[FOREIGN] = (1, "canary-foreign")
        self.edited: dict[str, str] = {}

    @rule(who=operators, fault=faults)
    def onboard(self, who: int, fault: tuple[int, FaultKind] | None) -> None:
        self._disturb(fault)
        asyncio.run(self.machines[who].attempt())

    @rule(who=operators, subject=st.sampled_from(SUBJECTS), fault=faults)
    def rotate(self, who: int, subject: str, fault: tuple[int, FaultKind] | None) -> None:
        self._disturb(fault)
        asyncio.run(self.machines[who].attempt_rotation(subject))

    @rule(who=operators, fault=faults)
    def offboard(self, who: int, fault: tuple[int, FaultKind] | None) -> None:
        self._disturb(fault)
        asyncio.run(self.machines[who].attempt_offboarding())
        self._settle_edits()

    @rule(seed=st.integers(0, 10_000), subject=st.sampled_from(SUBJECTS), works=st.sampled_from(WORKS))
    def both_at_once(self, seed: int, subject: str, works: tuple[str, str]) -> None:
        boundaries = self.stage.world.boundaries
        boundaries.shuffle = Random(seed)  # noqa: S311 - a seed repeats an interleaving

        async def work(machine: Offboarder, name: str) -> object:
            match name:
                case "onboard":
                    return await machine.apply()
                case "offboard":
                    return await machine.offboard()
            return await machine.rotate(subject)

        async def together() -> list[object]:
            pairs = zip(self.machines, works, strict=True)
            return await asyncio.gather(*(work(*pair) for pair in pairs), return_exceptions=True)

        for outcome in asyncio.run(together()):
            assert not isinstance(outcome, BaseException) or isinstance(outcome, PortalError), outcome
        boundaries.shuffle = None
        boundaries.revive()
        self._settle_edits()

    @rule(system=st.sampled_from(SYSTEMS))
    def a_system_denies(self, system: str) -> None:
        self.stage.world.denied.add(system)

    @rule()
    def all_are_well(self) -> None:
        self.stage.world.denied.clear()

    @rule(seconds=st.sampled_from([30, 400, LEASE_SECONDS]))
    def time_passes(self, seconds: int) -> None:
        self.stage.world.boundaries.clock.pass_by(seconds)

    @rule()
    def somebody_edits_a_value(self) -> None:
        name = f"{PREFIX}/anthropic_api_key"
        version, _ = self.stage.world.parameters.get(name, (0, ""))
        self.stage.world.parameters[name] = (version + 1, BY_HAND)
        self.stage.world.tags.setdefault(name, {})
        self.edited[name] = BY_HAND

    @invariant()
    def published_credentials_work(self) -> None:
        for key in ("database_url", "direct_url"):
            if f"{PREFIX}/{key}" in self.stage.world.parameters:
                assert self.stage.lets_in(self.stage.value(key)), f"{key} is refused"

    @invariant()
    def pods_hold_what_works(self) -> None:
        running = SERVICE in self.stage.world.applications
        for held in self.stage.cluster.environments[-1:] if running else ():
            assert self.stage.lets_in(held["database_url"])

    @invariant()
    def what_is_not_ours_stays(self) -> None:
        world = self.stage.world
        assert world.parameters[FOREIGN] == (1, "canary-foreign")
        assert world.roles["neondb_owner"] == "canary-owner-password"
        assert world.databases["neondb"] == "neondb_owner"
        for name, value in self.edited.items():
            assert world.parameters[name][1] == value, "a value of somebody else was overwritten"

    @invariant()
    def nothing_is_doubled(self) -> None:
        world = self.stage.world
        assert set(world.roles) <= {"neondb_owner", ROLE}
        assert set(world.databases) <= {"neondb", ROLE}
        assert set(self.stage.roles.passwords) <= {f"{ROLE}-a", f"{ROLE}-b"}

    @invariant()
    def nothing_secret_was_told(self) -> None:
        for machine in self.machines:
            seen = [repr(line) for line in (*machine.journal.lines, *machine.audit.lines, *machine.progress)]
            assert not [text for text in (*seen, *machine.texts) if "canary" in text]

    def teardown(self) -> None:
        """However it went, a world that is well and no more than two runs are enough."""
        world = self.stage.world
        world.denied.clear()
        world.boundaries.clock.pass_by(LEASE_SECONDS)
        machine = self.machines[0]
        if RECORD in world.parameters:
            assert asyncio.run(machine.attempt_offboarding()), machine.texts
        results = [asyncio.run(machine.attempt()) for _ in range(2)]
        assert results[-1] is not None, machine.texts
        assert results[-1].healthy
        assert results[-1].changed == ()
        self._check()

    def _check(self) -> None:
        self.published_credentials_work()
        self.what_is_not_ours_stays()
        self.nothing_is_doubled()

    def _disturb(self, fault: tuple[int, FaultKind] | None) -> None:
        if fault is not None:
            self.stage.world.boundaries.set_fault(*fault)

    def _settle_edits(self) -> None:
        """What somebody wrote into a parameter of ours goes with it, and is kept in the archive."""
        world = self.stage.world
        for name in [name for name in self.edited if name not in world.parameters]:
            kept = [value for path, (_, value) in world.parameters.items() if path.startswith(ARCHIVE)]
            assert self.edited.pop(name) in kept, f"the last value of {name} is lost"

    def _operator(self) -> Offboarder:
        machine = Offboarder(self.stage.world, stage=self.stage)
        machine.ports = replace(machine.ports, cluster=YoungCluster(self.stage.world, self.stage.cluster))
        return machine


def _live(examples: int, steps: int) -> None:
    quick = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
        phases=set(Phase) - {Phase.shrink},
    )
    run_state_machine_as_test(Lives, settings=quick)


@pytest.mark.timeout(300)
def test_a_few_lives() -> None:
    _live(10, 30)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_many_lives() -> None:
    _live(200, 50)
