"""Taking a tenant down: what goes, in which order, what is kept, and one fault at every call."""

from dataclasses import replace

import pytest

from portal.core.plan import plan_lines
from portal.core.spec import ServiceSpec
from portal.core.spec.model import Overrides
from portal.engine.offboard import plan_offboarding
from portal.engine.saga.unfinished import outlooks
from portal.errors import RefusedError
from tests.core.specs import identity
from tests.engine.boundaries import FaultKind
from tests.engine.fake_pods import PREFIX
from tests.engine.offboarding import ARCHIVE, RECORD, Offboarder, check_taken_down, gone
from tests.engine.rotating import LEASE_SECONDS, TENANT, Stage
from tests.engine.scenes import LOCK, ROLE


async def running(*, rotated: bool = False) -> tuple[Stage, dict[str, str]]:
    """A running tenant, and what its parameters hold."""
    stage = await Stage.of()
    if rotated:
        await stage.machine().rotate("database")
        stage.world.boundaries.revive()
    held = {n: value for n, (_, value) in stage.world.parameters.items() if n.startswith(f"{PREFIX}/")}
    return stage, held


async def test_everything_of_the_tenant_goes_and_its_last_values_are_kept() -> None:
    stage, held = await running(rotated=True)
    machine = Offboarder(stage.world, stage=stage)
    await machine.offboard()
    assert gone(stage)
    assert stage.world.databases == {"neondb": "neondb_owner"}
    check_taken_down(stage, held, machine)
    assert LOCK not in stage.world.parameters
    assert await outlooks(machine.journal) == ()


async def test_the_same_tenant_can_be_onboarded_anew() -> None:
    stage, _ = await running()
    machine = Offboarder(stage.world, stage=stage)
    await machine.offboard()
    assert (await machine.apply()).healthy
    assert ROLE in stage.world.roles


async def test_a_kept_database_keeps_its_role_and_its_credentials() -> None:
    stage, held = await running()
    machine = Offboarder(stage.world, stage=stage)
    await machine.offboard(keep_database=True)
    assert stage.world.databases[ROLE] == ROLE
    left = {name.removeprefix(f"{PREFIX}/") for name in stage.world.parameters if name.startswith(PREFIX)}
    assert left == {"database_url", "direct_url"}
    check_taken_down(stage, held, machine)


async def test_what_the_portal_did_not_make_is_left() -> None:
    stage, held = await running()
    theirs = f"{PREFIX}/by_hand"
    stage.world.parameters[theirs] = (3, "canary-theirs")
    stage.world.tags[theirs] = {}
    machine = Offboarder(stage.world, stage=stage)
    plan = await plan_offboarding(machine.ports, TENANT)
    assert any(theirs in line for line in plan.warnings)
    await machine.offboard()
    assert stage.world.parameters[theirs] == (3, "canary-theirs")
    check_taken_down(stage, held, machine)


async def test_a_database_that_was_given_to_another_role_is_refused() -> None:
    stage, _ = await running()
    stage.world.databases[ROLE] = "neondb_owner"
    machine = Offboarder(stage.world, stage=stage)
    with pytest.raises(RefusedError, match="belongs to role neondb_owner"):
        await machine.offboard()
    assert stage.world.boundaries.mutations == []


@pytest.mark.parametrize("system", ["neon", "ssm", "kubernetes", "git"])
async def test_a_source_that_cannot_tell_takes_nothing_away(system: str) -> None:
    stage, _ = await running()
    stage.world.denied.add(system)
    machine = Offboarder(stage.world, stage=stage)
    with pytest.raises(RefusedError, match=r"no source could tell|is not known"):
        await machine.offboard()
    assert stage.world.boundaries.mutations == []


async def test_parameters_stay_while_the_cluster_still_runs_the_tenant() -> None:
    stage, held = await running()
    machine = Offboarder(stage.world, stage=stage)

    async def revived(name: str) -> None:
        if name == "kubernetes:get":
            stage.world.applications.add("identity-service")

    stage.world.boundaries.before = revived
    assert await machine.attempt_offboarding() is None
    assert "is still there" in machine.texts[0]
    assert held.keys() <= stage.world.parameters.keys()
    assert RECORD in stage.world.parameters


async def test_other_environments_keep_the_folder_and_their_service_file() -> None:
    stage, _ = await running()
    stage.world.files["tenants/identity-service/overlays/staging/config.yaml"] = "tenant: identity-service\n"
    machine = Offboarder(stage.world, spec=two_environments(), stage=stage)
    await machine.offboard()
    left = stage.world.files
    assert not [path for path in left if "/overlays/dev/" in path]
    assert "tenants/identity-service/base/kustomization.yaml" in left
    assert "dev:" not in left["tenants/identity-service/service.yaml"]


async def test_onboarding_is_refused_while_the_tenant_is_taken_down() -> None:
    stage, _ = await running()
    machine = Offboarder(stage.world, stage=stage)
    stage.world.boundaries.set_fault(60, FaultKind.CRASH_AFTER)
    await machine.attempt_offboarding()
    assert RECORD in stage.world.parameters
    plan = await machine.plan()
    assert any("is being taken down" in text for text in plan.refusals)


async def test_the_plan_names_what_is_lost_for_good_and_nothing_secret() -> None:
    stage, _ = await running()
    machine = Offboarder(stage.world, stage=stage)
    lines = plan_lines(await plan_offboarding(machine.ports, TENANT))
    assert any("this cannot be taken back" in line for line in lines)
    assert not [line for line in lines if "canary" in line]


def two_environments() -> ServiceSpec:
    """The service, in staging too."""
    spec = identity()
    return replace(spec, environments={**spec.environments, "staging": Overrides()})


async def sweep(kind: FaultKind, *, every: int, elsewhere: bool) -> int:
    """The fault at every n-th call of a run in turn; how many calls there were."""
    clean, _ = await running(rotated=True)
    await Offboarder(clean.world, stage=clean).offboard()
    count = clean.world.boundaries.count
    for at in range(1 + list(FaultKind).index(kind) % every, count + 1, every):
        stage, held = await running(rotated=True)
        machine = Offboarder(stage.world, stage=stage)
        stage.world.boundaries.set_fault(at, kind)
        await machine.attempt_offboarding()
        where = f"{kind} at call {at} ({stage.world.boundaries.hit})"
        check_taken_down(stage, held, machine)
        again = machine
        if elsewhere:
            stage.world.boundaries.clock.pass_by(LEASE_SECONDS)
            again = Offboarder(stage.world, stage=stage)
        for _ in range(2):
            if gone(stage):
                break
            await again.attempt_offboarding()
            check_taken_down(stage, held, machine, again)
        assert gone(stage), f"{where} did not converge: {again.texts}"
        if again is machine:
            # The command that was cut off may be repeated once more, and then knows that nothing is left.
            await again.attempt_offboarding()
            assert await outlooks(again.journal) == (), where
        assert {n for n in stage.world.parameters if n.startswith(ARCHIVE)}, where
    return count


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", list(FaultKind))
@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.long)])
async def test_a_fault_at_any_call_is_mended_by_the_same_command(every: int, kind: FaultKind) -> None:
    assert await sweep(kind, every=every, elsewhere=False) > 100


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER])
@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.long)])
async def test_another_machine_without_the_journal_goes_on(every: int, kind: FaultKind) -> None:
    assert await sweep(kind, every=every, elsewhere=True) > 100
