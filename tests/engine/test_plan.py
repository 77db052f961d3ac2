"""What a plan says of a world, and that nothing unknown or foreign is ever acted upon."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.core.neon import NeonEndpoint
from portal.core.plan import (
    STEP_ORDER,
    Plan,
    Step,
    StepKind,
    Symbol,
    from_document,
    plan_lines,
    summary,
    to_document,
)
from portal.core.policy import Policy
from portal.errors import RefusedError, UsageError
from portal.settings import EnvironmentSettings
from tests.core.specs import bare, identity
from tests.engine.fakes import BRANCH, PROJECT, World
from tests.engine.scenes import INPUTS, PREFIX, ROLE, Machine, settings, truth


async def test_an_empty_world_is_planned_in_order_with_what_is_not_known_yet() -> None:
    plan = await Machine(World()).plan()
    assert [(step.symbol, step.id) for step in plan.steps] == [
        ("=", "branch"),
        ("+", "compute"),
        ("+", "role"),
        ("+", "database"),
        ("+", "auth"),
        ("+", "parameter:database_url"),
        ("+", "parameter:direct_url"),
        ("+", "key-pair"),
        ("+", "parameter:neon_auth_url"),
        ("+", "parameter:openai_api_key"),
        ("+", "parameter:anthropic_api_key"),
        ("+", "parameter:storage_access_key_id"),
        ("+", "parameter:storage_secret_access_key"),
        ("+", "parameter:ghcr_username"),
        ("+", "parameter:ghcr_password"),
        ("+", "bucket"),
        ("+", "commit"),
        ("~", "refresh"),
        ("=", "verify"),
    ]
    assert plan.inputs == tuple(INPUTS)
    assert plan.applicable
    lines = plan_lines(plan)
    assert lines[0] == "identity-service/dev"
    assert any("password (known after apply)" in line for line in lines)
    assert any("drops the open connections" in line for line in lines)
    assert all(len(line) <= 80 or " " not in line.strip() or "{" in line for line in lines)
    assert (
        lines[-1] == f"Plan: 16 to create, 1 to change, 0 to remove, 2 unchanged. Digest {plan.digest[:12]}"
    )


async def test_planning_changes_nothing_and_reads_no_value() -> None:
    machine = Machine(World())
    await machine.apply()
    machine.world.boundaries.revive()
    await machine.plan()
    assert machine.world.boundaries.mutations == []
    assert "ssm:get" not in machine.world.boundaries.calls


async def test_the_same_world_gives_the_same_digest() -> None:
    assert (await Machine(World()).plan()).digest == (await Machine(World()).plan()).digest


async def test_the_project_that_forgets_passwords_is_warned_of() -> None:
    plan = await Machine(World(store_passwords=False)).plan()
    assert any("does not store passwords" in text for text in plan.warnings)


@pytest.mark.parametrize("system", ["neon", "ssm", "s3", "kubernetes", "git"])
async def test_a_system_that_refuses_to_tell_blocks_the_plan(system: str) -> None:
    machine = Machine(World(denied={system}))
    before = truth(machine)
    plan = await machine.plan()
    assert plan.unknowns
    assert all("denied" in text or "not asked" in text or "not known" in text for text in plan.unknowns)
    assert f"{len(plan.unknowns)} unknown" in summary(plan)
    with pytest.raises(RefusedError, match="no source could tell"):
        await machine.apply(plan)
    assert machine.world.boundaries.mutations == []
    assert truth(machine) == before


def foreign_role(world: World) -> None:
    world.roles[ROLE] = "theirs"
    world.databases["payroll"] = ROLE


def foreign_database(world: World) -> None:
    world.databases[ROLE] = "neondb_owner"


def foreign_folder(world: World) -> None:
    world.files["tenants/identity-service/base/kustomization.yaml"] = "resources: []\n"


def orphaned_string(world: World) -> None:
    world.parameters[f"{PREFIX}/database_url"] = (1, "postgresql://somebody:secret@elsewhere/db")


def full_branch(world: World) -> None:
    world.roles |= {f"role-{number}": "x" for number in range(500)}


@pytest.mark.parametrize(
    ("disturb", "words"),
    [
        (foreign_role, "owns payroll"),
        (foreign_database, "belongs to role neondb_owner"),
        (foreign_folder, "without a service.yaml"),
        (orphaned_string, "already published"),
        (full_branch, "Neon allows 500"),
    ],
)
async def test_what_is_not_ours_is_refused_and_stays_as_it_was(
    disturb: Callable[[World], None], words: str
) -> None:
    machine = Machine(World())
    disturb(machine.world)
    before = truth(machine)
    plan = await machine.plan()
    assert any(words in text for text in plan.refusals)
    with pytest.raises(RefusedError):
        await machine.apply(plan)
    assert machine.world.boundaries.mutations == []
    assert truth(machine) == before


async def test_a_role_and_a_database_of_our_names_are_adopted() -> None:
    machine = Machine(World())
    machine.world.roles[ROLE] = "canary-adopted"
    machine.world.databases[ROLE] = ROLE
    plan = await machine.plan()
    symbols = {step.id: step.symbol for step in plan.steps}
    assert symbols["role"] == symbols["database"] == "="
    assert (await machine.apply(plan)).healthy
    assert machine.world.roles[ROLE] == "canary-adopted"
    assert "canary-adopted" in machine.world.parameters[f"{PREFIX}/database_url"][1]


async def test_an_existing_value_is_kept_and_not_asked_for() -> None:
    machine = Machine(World())
    machine.world.parameters[f"{PREFIX}/openai_api_key"] = (7, "canary-theirs")
    plan = await machine.plan()
    assert "openai_api_key" not in plan.inputs
    await machine.apply(plan)
    assert machine.world.parameters[f"{PREFIX}/openai_api_key"] == (7, "canary-theirs")


async def test_an_environment_the_profile_does_not_know_is_a_usage_error() -> None:
    machine = Machine(World())
    machine.ports = replace(machine.ports, settings=replace(settings(), environments={}))
    with pytest.raises(UsageError, match="says nothing of environment 'dev'"):
        await machine.plan()
    assert machine.world.boundaries.calls == []


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (EnvironmentSettings("dev", "other-project"), "does not exist, or this key cannot see it"),
        (EnvironmentSettings("dev", PROJECT, "preview"), "has no preview"),
    ],
)
async def test_a_missing_project_or_branch_is_refused(where: EnvironmentSettings, words: str) -> None:
    machine = Machine(World(), profile=replace(settings(), environments={"dev": where}))
    plan = await machine.plan()
    assert any(words in text for text in plan.refusals)


async def test_a_branch_is_found_by_its_name_or_its_id() -> None:
    for name in ("main", BRANCH):
        profile = replace(settings(), environments={"dev": EnvironmentSettings("dev", PROJECT, name)})
        assert (await Machine(World(), profile=profile).plan()).applicable


async def test_a_disabled_compute_is_warned_of() -> None:
    machine = Machine(World())
    machine.world.endpoints["ep-1"] = NeonEndpoint(
        "ep-1", PROJECT, BRANCH, "ep-1.example", "read_write", "idle", disabled=True
    )
    assert any("ep-1 is disabled" in text for text in (await machine.plan()).warnings)


async def test_a_cluster_without_argocd_is_planned_with_a_warning() -> None:
    machine = Machine(World())
    for kind in ("Application", "ExternalSecret", "DragonflyInstance"):
        del machine.world.kinds[kind]
    plan = await machine.plan()
    assert plan.applicable
    assert len([text for text in plan.warnings if "not installed" in text]) == 3


async def test_the_base_shared_with_other_environments_is_warned_of() -> None:
    machine = Machine(World())
    await machine.apply()
    path = "tenants/identity-service/overlays/production/config.yaml"
    machine.world.files[path] = "environment: production\n"
    machine.spec = identity(secrets=["openai_api_key", "anthropic_api_key", "new_key"])
    plan = await machine.plan()
    assert any("shared with production" in text for text in plan.warnings)
    assert {step.id for step in plan.changes} == {"parameter:new_key", "commit", "refresh"}


async def test_a_plan_of_a_world_that_changed_since_is_refused() -> None:
    machine = Machine(World())
    await machine.apply()
    machine.spec = identity(replicas=3)
    plan = await machine.plan()
    machine.world.parameters.pop(f"{PREFIX}/openai_api_key")
    machine.world.boundaries.revive()
    with pytest.raises(RefusedError, match=r"now asks for: \+ parameter /zerotouch/dev/.*openai_api_key"):
        await machine.apply(plan)
    assert machine.world.boundaries.mutations == ["ssm:create", "ssm:delete"]


async def test_a_plan_of_another_specification_is_refused() -> None:
    machine = Machine(World())
    plan = await machine.plan()
    machine.spec = bare()
    with pytest.raises(UsageError, match="another specification"):
        await machine.apply(plan)


async def test_a_read_only_profile_applies_nothing() -> None:
    machine = Machine(World(), profile=settings(read_only=True))
    with pytest.raises(RefusedError, match="read-only"):
        await machine.apply()
    assert machine.world.boundaries.mutations == []


async def test_a_saved_plan_reads_back_equal_and_a_changed_one_is_refused() -> None:
    plan = await Machine(World()).plan()
    document = dict(to_document(plan))
    assert from_document(document) == plan
    document["inputs"] = []
    with pytest.raises(UsageError, match="changed after it was made"):
        from_document(document)
    with pytest.raises(UsageError, match="no saved plan"):
        from_document({"kind": "Service"})
    with pytest.raises(UsageError, match="damaged"):
        from_document({"format": to_document(plan)["format"]})


def rank(kind: StepKind) -> int:
    return next(place for place, kinds in enumerate(STEP_ORDER) if kind in kinds)


@given(data=st.data())
async def test_whatever_stands_already_the_steps_keep_their_order_and_plan_only_what_is_missing(
    data: st.DataObject,
) -> None:
    complete = Machine(World())
    await complete.apply()
    machine = Machine(World())
    world = machine.world
    if data.draw(st.booleans()):
        world.endpoints = complete.world.endpoints
    if data.draw(st.booleans()):
        world.roles = dict(complete.world.roles)
        world.databases = dict(complete.world.databases)
        world.parameters = {
            name: complete.world.parameters[name]
            for name in data.draw(st.sets(st.sampled_from(sorted(complete.world.parameters))))
        }
    if data.draw(st.booleans()):
        world.files = dict(complete.world.files)
    plan = await machine.plan()
    ranks = [rank(step.kind) for step in plan.steps]
    assert ranks == sorted(ranks)
    assert len({step.id for step in plan.steps}) == len(plan.steps)
    for step in plan.steps:
        if step.kind is StepKind.PARAMETER:
            assert (step.symbol is Symbol.KEEP) == (step.target in world.parameters)
    if plan.applicable:
        await machine.apply(plan)
        assert truth(machine)[:5] == truth(complete)[:5]
        assert not (await machine.plan()).changes


steps = st.builds(
    Step,
    id=st.text(max_size=5),
    symbol=st.sampled_from(Symbol),
    kind=st.sampled_from(StepKind),
    target=st.text(max_size=5),
    reason=st.text(max_size=5),
    detail=st.text(max_size=5),
    known_after=st.tuples(st.text(max_size=3)),
    fingerprint=st.text(max_size=5),
)
BASE = Plan(identity().for_environment("dev").tenant, identity(), ())


@given(some=st.lists(steps, max_size=4), reason=st.text())
def test_the_digest_is_over_what_is_done_not_over_how_it_is_explained(some: list[Step], reason: str) -> None:
    plan = replace(BASE, steps=tuple(some))
    told = replace(plan, steps=tuple(replace(step, reason=reason) for step in some), warnings=(reason,))
    assert plan.digest == told.digest
    assert from_document(to_document(plan)) == plan


@given(some=st.lists(steps, min_size=1, max_size=4), at=st.integers(0, 3), text=st.text(max_size=5))
def test_another_target_symbol_or_content_is_another_digest(some: list[Step], at: int, text: str) -> None:
    plan = replace(BASE, steps=tuple(some))
    at %= len(some)
    for other in (
        replace(some[at], target=some[at].target + "x" + text),
        replace(some[at], fingerprint=some[at].fingerprint + "x"),
        replace(some[at], symbol=Symbol.REMOVE if some[at].symbol is not Symbol.REMOVE else Symbol.CREATE),
    ):
        changed = replace(plan, steps=(*some[:at], other, *some[at + 1 :]))
        assert changed.digest != plan.digest


async def test_a_plan_to_change_files_is_stale_once_somebody_else_changed_them() -> None:
    machine = Machine(World())
    await machine.apply()
    path = "tenants/identity-service/base/kustomization.yaml"
    machine.world.files[path] += "# by hand\n"
    plan = await machine.plan()
    assert [step.id for step in plan.changes] == ["commit", "refresh"]
    machine.world.files[path] += "# once more\n"
    with pytest.raises(RefusedError, match="the world changed"):
        await machine.apply(plan)
    assert machine.world.files[path].endswith("# once more\n")


async def test_what_the_policy_does_not_allow_is_refused_in_the_plan_and_not_applied() -> None:
    machine = Machine(World(), profile=replace(settings(), policy=Policy(replicas=1)))
    plan = await machine.plan()
    assert plan.refusals == ("2 replicas are more than policy.replicas allows (1)",)
    with pytest.raises(RefusedError, match=r"policy\.replicas"):
        await machine.apply(plan)
    assert machine.world.boundaries.mutations == []
