"""Onboarding with a limited login role: its credential is recorded before the role has it."""

from dataclasses import replace

import pytest

from portal.core.dsn import user_of
from portal.core.rotation import Rotation
from portal.core.secrets import Secret
from portal.core.spec import DatabaseSpec, ServiceSpec
from tests.core.specs import identity
from tests.engine.boundaries import FaultKind
from tests.engine.fake_pods import PREFIX
from tests.engine.fakes import World
from tests.engine.rotating import LEASE_SECONDS, Rotator, Stage
from tests.engine.scenes import ROLE

RECORD = f"{PREFIX}/rotation/database"


def limited() -> ServiceSpec:
    """The service whose pods log in as a role beside the owner."""
    return replace(identity(), database=DatabaseSpec(login="limited"))


def begun(*, store_passwords: bool = True) -> tuple[Stage, Rotator]:
    """An empty world and a machine that onboards into it."""
    stage = Stage(World(store_passwords=store_passwords))
    return stage, Rotator(stage.world, spec=limited(), stage=stage)


def check(stage: Stage) -> None:
    """Whatever is published works and is the limited role's; at most one of each role is there."""
    for key in ("database_url", "direct_url"):
        if f"{PREFIX}/{key}" in stage.world.parameters:
            assert user_of(Secret(stage.value(key))) == f"{ROLE}-a"
            assert stage.lets_in(stage.value(key))
    assert set(stage.world.roles) <= {"neondb_owner", ROLE}
    assert set(stage.roles.passwords) <= {f"{ROLE}-a"}


def settled(stage: Stage) -> bool:
    """Published, proven, and the record closed."""
    found = stage.world.parameters.get(RECORD)
    closed = found is not None and not Rotation.read(Secret(found[1])).is_open
    return closed and "identity-service" in stage.world.applications


async def test_pods_are_given_the_limited_role_and_the_owner_stays_with_the_portal() -> None:
    stage, machine = begun()
    await machine.apply()
    check(stage)
    assert settled(stage)
    assert user_of(Secret(stage.value("database_owner_url"))) == ROLE
    assert stage.lets_in(stage.value("database_owner_url"))
    assert stage.world.databases[ROLE] == ROLE
    stage.world.boundaries.revive()
    assert (await machine.apply()).changed == ()
    assert stage.world.boundaries.mutations == []


async def test_a_tenant_that_logs_in_as_its_owner_is_told_how_to_change_that() -> None:
    stage = await Stage.of()
    plan = await Rotator(stage.world, spec=limited(), stage=stage).plan()
    assert any("portal rotate identity-service/dev database" in text for text in plan.warnings)
    assert "role:login" not in [step.id for step in plan.changes]


@pytest.mark.parametrize("store_passwords", [True, False])
@pytest.mark.parametrize("kind", [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER, FaultKind.ANSWER_LOST])
@pytest.mark.parametrize("every", [13, pytest.param(1, marks=pytest.mark.long)])
async def test_a_fault_at_any_call_is_mended_by_applying_again(
    every: int, kind: FaultKind, store_passwords: bool
) -> None:
    clean, machine = begun(store_passwords=store_passwords)
    await machine.apply()
    for at in range(1, clean.world.boundaries.count + 1, every):
        stage, machine = begun(store_passwords=store_passwords)
        stage.world.boundaries.set_fault(at, kind)
        await machine.attempt()
        check(stage)
        if store_passwords:
            stage.world.boundaries.clock.pass_by(LEASE_SECONDS)
            machine = Rotator(stage.world, spec=limited(), stage=stage)
        for _ in range(2):
            await machine.attempt()
            check(stage)
        assert settled(stage), f"{kind} at call {at} ({stage.world.boundaries.hit}): {machine.texts}"
        published = stage.value("database_owner_url")
        assert stage.lets_in(published), f"{kind} at call {at}: the owner's credential is lost"
