"""Onboarding from nothing, and again when nothing is left to do."""

import pytest

from portal.core.events import Stage
from portal.core.plan import StepKind, Symbol, plan_lines
from portal.errors import RefusedError, UsageError
from tests.core.specs import bare
from tests.engine.fakes import World
from tests.engine.scenes import INPUTS, LOCK, PREFIX, ROLE, Machine, check_invariants, check_no_secret


async def test_a_service_is_onboarded_from_nothing() -> None:
    machine = Machine(World())
    result = await machine.apply()
    world = machine.world
    assert result.healthy
    assert world.databases[ROLE] == ROLE
    assert set(world.required) == {name for name in world.parameters if name.startswith("/zerotouch/dev/")}
    assert world.buckets == {"identity-files"}
    assert len(world.commits) == 1
    assert world.commits[0].trailers["Portal-Tenant"] == "identity-service/dev"
    assert LOCK not in world.parameters
    check_invariants(machine)


async def test_a_second_apply_calls_nothing_that_changes_anything() -> None:
    machine = Machine(World())
    await machine.apply()
    machine.world.boundaries.revive()
    lines = len(machine.journal.lines)
    plan = await machine.plan()
    assert {step.symbol for step in plan.steps} == {Symbol.KEEP}
    result = await machine.apply(plan)
    assert result.healthy
    assert result.changed == ()
    assert machine.world.boundaries.mutations == []
    assert len(machine.journal.lines) == lines


async def test_a_service_without_needs_is_a_commit_and_a_refresh() -> None:
    machine = Machine(World(), spec=bare())
    result = await machine.apply()
    assert result.healthy
    assert result.changed == ("commit", "refresh")
    assert not any(call.startswith(("neon", "s3")) for call in machine.world.boundaries.calls)


async def test_connection_strings_differ_by_the_pooler_only() -> None:
    machine = Machine(World())
    await machine.apply()
    pooled = machine.world.parameters[f"{PREFIX}/database_url"][1]
    direct = machine.world.parameters[f"{PREFIX}/direct_url"][1]
    assert "-pooler." in pooled
    assert pooled.replace("-pooler.", ".") == direct


async def test_without_stored_passwords_the_strings_are_the_same_as_with_them() -> None:
    stored, unstored = Machine(World()), Machine(World(store_passwords=False))
    await stored.apply()
    await unstored.apply()
    for key in ("database_url", "direct_url"):
        name = f"{PREFIX}/{key}"
        assert stored.world.parameters[name] == unstored.world.parameters[name]
    assert not unstored.world.resets
    check_invariants(unstored)


async def test_every_parameter_carries_the_mark_of_the_portal() -> None:
    machine = Machine(World())
    await machine.apply()
    for name in machine.world.required:
        assert machine.world.tags[name]["managed-by"] == "zerotouch-portal"
        assert machine.world.tags[name]["environment"] == "dev"


async def test_every_step_is_told_with_its_outcome() -> None:
    machine = Machine(World())
    plan = await machine.plan()
    await machine.apply(plan)
    done = [line.step for line in machine.progress if line.stage is Stage.DONE]
    assert done == [*(step.id for step in plan.changes), StepKind.VERIFY]


async def test_missing_values_are_named_before_anything_is_contacted() -> None:
    from portal.engine.onboard import apply  # noqa: PLC0415 - the machine's own apply gives every value

    machine = Machine(World())
    plan = await machine.plan()
    machine.world.boundaries.revive()
    with pytest.raises(UsageError) as caught:
        await apply(machine.ports, machine.spec, plan, {}, machine.progress.append)
    assert all(key in str(caught.value) for key in INPUTS)
    assert machine.world.boundaries.calls == []


async def test_a_key_pair_is_completed_from_its_private_half() -> None:
    machine = Machine(World())
    machine.world.parameters[f"{PREFIX}/jwt_private_key"] = (1, "RS256 given")
    await machine.apply()
    assert machine.world.parameters[f"{PREFIX}/jwt_private_key"] == (1, "RS256 given")
    assert machine.world.parameters[f"{PREFIX}/jwt_public_key"] == (1, "public of RS256 given")


async def test_a_public_key_without_its_private_one_is_refused() -> None:
    machine = Machine(World())
    machine.world.parameters[f"{PREFIX}/jwt_public_key"] = (1, "somebody's")
    plan = await machine.plan()
    assert any("jwt_private_key" in text for text in plan.refusals)
    machine.world.boundaries.revive()
    with pytest.raises(RefusedError):
        await machine.apply(plan)
    assert machine.world.boundaries.calls == []


async def test_nothing_secret_is_in_a_plan_or_a_journal() -> None:
    machine = Machine(World())
    machine.texts += plan_lines(await machine.plan())
    await machine.apply()
    machine.texts += plan_lines(await machine.plan())
    assert machine.journal.lines
    check_no_secret(machine)
