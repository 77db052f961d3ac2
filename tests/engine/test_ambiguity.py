"""Answers that were lost, names that were taken in the meantime, plans that were begun and left."""

from collections.abc import Awaitable, Callable

import pytest

from portal.core.plan import Symbol
from portal.errors import RefusedError
from tests.core.specs import identity
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, PREFIX, ROLE, Machine, check_invariants, truth
from tests.engine.test_faults import kill_before

WRITES = (
    "neon:create_endpoint",
    "neon:create_role",
    "neon:create_database",
    "neon:enable_auth",
    "ssm:create",
    "s3:create_bucket",
    "git:commit",
    "kubernetes:merge_patch",
    "ssm:delete",
)


async def places_of(call: str) -> list[int]:
    """At which calls of a clean run this one happens."""
    machine = Machine(World())
    await machine.apply()
    return [at for at, name in enumerate(machine.world.boundaries.calls, start=1) if name == call]


@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize(
    "kind", [FaultKind.ANSWER_LOST, FaultKind.CALL_LOST, FaultKind.THROTTLED, FaultKind.LOCKED]
)
async def test_a_write_whose_answer_is_lost_or_put_off_is_settled_within_the_run(
    call: str, kind: FaultKind
) -> None:
    places = await places_of(call)
    assert places
    for at in places:
        machine = Machine(World())
        machine.world.boundaries.set_fault(at, kind)
        result = await machine.apply()
        assert machine.world.boundaries.hit == call
        assert result.healthy
        assert LOCK not in machine.world.parameters
        check_invariants(machine)


async def test_after_a_lost_answer_the_next_step_waits_for_the_operation_it_started() -> None:
    (at,) = await places_of("neon:create_role")
    machine = Machine(World())
    machine.world.boundaries.set_fault(at, FaultKind.ANSWER_LOST)
    await machine.apply()
    assert machine.world.boundaries.calls.count("neon:create_role") == 1
    assert machine.world.boundaries.calls.count("neon:create_database") == 1


def once(
    machine: Machine, step: str, call: str, effect: Callable[[], object]
) -> Callable[[str], Awaitable[None]]:
    """Somebody else acts at the first such call of a step."""
    done: list[str] = []

    async def before(name: str) -> None:
        running = machine.progress[-1].step if machine.progress else ""
        if name == call and running == step and not done:
            done.append(name)
            effect()

    return before


async def test_a_value_written_by_somebody_else_meanwhile_is_not_overwritten() -> None:
    machine = Machine(World())
    name = f"{PREFIX}/openai_api_key"
    machine.world.boundaries.before = once(
        machine,
        "parameter:openai_api_key",
        "ssm:create",
        lambda: machine.world.parameters.update({name: (1, "theirs")}),
    )
    with pytest.raises(RefusedError, match="not overwritten"):
        await machine.apply()
    assert machine.world.parameters[name] == (1, "theirs")
    assert not machine.world.commits


async def test_a_shared_value_written_first_by_another_tenant_is_kept() -> None:
    machine = Machine(World())
    name = "/zerotouch/dev/platform/ghcr/username"
    machine.world.boundaries.before = once(
        machine,
        "parameter:ghcr_username",
        "ssm:create",
        lambda: machine.world.parameters.update({name: (1, "theirs")}),
    )
    assert (await machine.apply()).healthy
    assert machine.world.parameters[name] == (1, "theirs")


async def test_a_private_key_written_meanwhile_decides_the_public_half() -> None:
    machine = Machine(World())
    name = f"{PREFIX}/jwt_private_key"
    machine.world.boundaries.before = once(
        machine,
        "key-pair",
        "ssm:create",
        lambda: machine.world.parameters.update({name: (1, "RS256 theirs")}),
    )
    assert (await machine.apply()).healthy
    assert machine.world.parameters[f"{PREFIX}/jwt_public_key"] == (1, "public of RS256 theirs")


async def test_a_public_key_that_does_not_belong_to_the_private_one_is_refused() -> None:
    machine = Machine(World())
    machine.world.parameters[f"{PREFIX}/jwt_private_key"] = (1, "RS256 ours")
    machine.world.parameters[f"{PREFIX}/jwt_public_key"] = (1, "public of another")
    with pytest.raises(RefusedError, match="does not belong to"):
        await machine.apply()


async def test_a_role_of_our_name_made_by_somebody_for_something_else_is_not_adopted() -> None:
    machine = Machine(World())

    def theirs() -> None:
        machine.world.roles[ROLE] = "canary-theirs"
        machine.world.databases["payroll"] = ROLE

    machine.world.boundaries.before = once(machine, "role", "neon:create_role", theirs)
    with pytest.raises(RefusedError, match="owns database payroll"):
        await machine.apply()
    assert machine.world.roles[ROLE] == "canary-theirs"
    assert not [name for name in machine.world.parameters if name.startswith(PREFIX)]


async def test_git_never_names_a_parameter_that_vanished_while_applying() -> None:
    machine = Machine(World())
    machine.world.boundaries.before = once(
        machine,
        "commit",
        "ssm:describe",
        lambda: machine.world.parameters.pop(f"{PREFIX}/openai_api_key"),
    )
    with pytest.raises(RefusedError, match="openai_api_key vanished"):
        await machine.apply()
    assert "git:commit" not in machine.world.boundaries.calls


async def test_a_refresh_that_a_crash_prevented_is_made_up_for() -> None:
    machine = Machine(World())
    await machine.apply()
    machine.world.boundaries.revive()
    machine.spec = identity(replicas=5)
    machine.world.boundaries.before = kill_before(machine, "kubernetes:merge_patch", "refresh")
    await machine.attempt()
    machine.world.boundaries.before = None
    assert len(machine.world.commits) == 2
    plan = await machine.plan()
    assert [(step.symbol, step.id) for step in plan.changes] == [(Symbol.CHANGE, "refresh")]
    machine.world.boundaries.revive()
    await machine.apply(plan)
    assert machine.world.refreshed == ["identity-service"]
    assert not (await machine.plan()).changes


async def test_a_plan_that_was_begun_is_resumed_as_it_was_approved() -> None:
    machine = Machine(World())
    plan = await machine.plan()
    machine.world.boundaries.before = kill_before(machine, "neon:create_database", "database")
    await machine.attempt()
    machine.world.boundaries.before = None
    assert (await machine.plan()).digest != plan.digest
    assert (await machine.apply(plan)).healthy


async def test_a_plan_that_was_never_begun_is_not_applied_to_a_world_that_moved() -> None:
    machine = Machine(World())
    plan = await machine.plan()
    machine.world.buckets.add("identity-files")
    before = truth(machine)
    with pytest.raises(RefusedError, match="the world changed"):
        await machine.apply(plan)
    assert truth(machine) == before


async def test_resuming_a_plan_never_does_more_than_was_approved() -> None:
    machine = Machine(World())
    machine.world.buckets.add("identity-files")
    plan = await machine.plan()
    machine.world.boundaries.before = kill_before(machine, "neon:create_database", "database")
    await machine.attempt()
    machine.world.boundaries.before = None
    machine.world.buckets.clear()
    with pytest.raises(RefusedError, match=r"now asks for: \+ bucket identity-files\."):
        await machine.apply(plan)
    assert machine.world.buckets == set()


async def test_a_plan_somebody_else_has_carried_out_meanwhile_is_done() -> None:
    first = Machine(World())
    second = Machine(first.world)
    plan = await second.plan()
    await first.apply()
    result = await second.apply(plan)
    assert result.healthy
    assert result.changed == ()


async def test_the_namespace_is_made_before_its_application_is_asked_to_sync() -> None:
    machine = Machine(World())
    await machine.apply()
    calls = [name for name in machine.world.boundaries.calls if name.startswith("kubernetes:")]
    patches = [at for at, name in enumerate(calls) if name == "kubernetes:merge_patch"]
    assert len(patches) == 2
    assert "kubernetes:get" in calls[patches[0] : patches[1]]


async def test_a_namespace_that_does_not_appear_is_left_to_the_chain() -> None:
    machine = Machine(World(slow_namespaces=True))
    result = await machine.apply()
    assert result.healthy
    assert any("did not appear within 15 s" in line.detail for line in machine.progress)
