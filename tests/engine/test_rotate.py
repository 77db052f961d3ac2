"""Rotation without faults: what ends up where, what is refused, what a second one does."""

from dataclasses import replace
from itertools import pairwise
from urllib.parse import urlsplit

import pytest

from portal.core.dsn import user_of
from portal.core.plan import plan_lines
from portal.core.secrets import Secret
from portal.engine.rotate import plan_rotation
from portal.errors import RefusedError, UsageError
from tests.engine.fake_pods import PREFIX
from tests.engine.rotating import GROUP, TENANT, Stage, check_rotated, keys_accepted, watch_pods
from tests.engine.scenes import LOCK, ROLE


async def test_database_credentials_alternate_between_two_roles_and_the_owner_stays_with_the_portal() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    watch_pods(stage)
    first = stage.value("database_url")
    await machine.rotate("database")
    assert user_of(Secret(stage.value("database_url"))) == f"{ROLE}-a"
    assert not stage.lets_in(first)
    assert stage.lets_in(stage.value("database_owner_url"))
    assert stage.roles.tables_of == GROUP
    second = stage.value("database_url")
    await machine.rotate("database")
    assert user_of(Secret(stage.cluster.environment["database_url"])) == f"{ROLE}-b"
    assert not stage.lets_in(second)
    await machine.rotate("direct_url")
    assert user_of(Secret(stage.cluster.environment["direct_url"])) == f"{ROLE}-a"
    assert stage.world.resets == [f"quiet-forest-123456/{ROLE}"]
    check_rotated(stage, machine)


async def test_a_rotation_leads_to_the_compute_that_is_there_now() -> None:
    stage = await Stage.of()
    _, gone = stage.world.endpoints.popitem()
    stage.world.endpoints["ep-new-2"] = replace(gone, id="ep-new-2", host="ep-new-2.aws.neon.localhost")
    for _ in range(2):
        await stage.machine().rotate("database")
        keys = ("database_url", "direct_url", "database_owner_url")
        hosts = [urlsplit(stage.value(key)).hostname for key in keys]
        here = "ep-new-2.aws.neon.localhost"
        assert hosts == ["ep-new-2-pooler.aws.neon.localhost", here, here]


@pytest.mark.parametrize("after", ["record", "role", "parameter:database_url", "sync"])
async def test_a_rotation_that_was_open_when_its_compute_was_replaced_ends_at_the_new_one(after: str) -> None:
    stage = await Stage.of()
    machine = stage.machine()

    async def die(name: str) -> None:
        if name == "journal:append" and any(line.step == after for line in machine.journal.lines):
            raise stage.world.boundaries.die()

    stage.world.boundaries.before = die
    assert await machine.attempt_rotation("database") is None
    stage.world.boundaries.before = None
    stage.world.boundaries.revive()
    _, gone = stage.world.endpoints.popitem()
    here = "ep-new-2.aws.neon.localhost"
    stage.world.endpoints["ep-new-2"] = replace(gone, id="ep-new-2", host=here)
    await machine.rotate("database")
    hosts = [urlsplit(stage.value(key)).hostname for key in ("database_url", "direct_url")]
    assert hosts == ["ep-new-2-pooler.aws.neon.localhost", here]
    assert user_of(Secret(stage.value("database_url"))) == f"{ROLE}-a"
    check_rotated(stage, machine)


async def test_a_key_pair_is_known_to_verifiers_before_it_signs_and_after_it_did() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    await machine.rotate("jwt")
    pods = stage.cluster.environments
    for before, after in pairwise(pods):
        assert before["jwt_key_id"] in keys_accepted(after) or before is pods[-2]
        assert after["jwt_key_id"] in keys_accepted(before)
    assert pods[-1]["jwt_key_id"] != pods[0]["jwt_key_id"]
    assert keys_accepted(pods[-1]) == {pods[-1]["jwt_key_id"]}
    assert machine.world.boundaries.clock.monotonic() > 3900
    assert [request.removed != () for request in stage.world.commits[1:]] == [False, True]
    check_rotated(stage, machine)


async def test_without_an_overlap_the_new_key_signs_at_once() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    commits = len(stage.world.commits)
    plan = await plan_rotation(machine.ports, TENANT, "jwt", overlap=False)
    assert any("refused as soon as" in line for line in plan.warnings)
    await machine.rotate("jwt", overlap=False)
    assert len(stage.world.commits) == commits
    assert stage.cluster.environment["jwt_key_id"] == stage.value("jwt_key_id")


async def test_a_given_value_is_recorded_published_and_proven() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    await machine.rotate("openai_api_key", value="canary-given")
    assert stage.cluster.environment["openai_api_key"] == "canary-given"
    record = stage.record("openai_api_key")
    assert record is not None
    assert (record.is_open, record.values) == (False, {})
    assert LOCK not in stage.world.parameters
    check_rotated(stage, machine)


async def test_no_value_is_asked_for_again_by_a_rotation_that_goes_on() -> None:
    stage = await Stage.of()
    machine = stage.machine()

    async def deny(name: str) -> None:
        if name == "ssm:replace":
            raise RefusedError("not now")

    stage.world.boundaries.before = deny
    assert await machine.attempt_rotation("openai_api_key") is None
    stage.world.boundaries.before = None
    elsewhere = stage.machine()
    plan = await plan_rotation(elsewhere.ports, TENANT, "openai_api_key")
    assert plan.inputs == ()
    await elsewhere.rotate("openai_api_key")
    assert stage.cluster.environment["openai_api_key"] == "canary-new"


async def test_what_the_portal_did_not_make_is_refused_until_it_is_adopted() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    stage.world.tags[f"{PREFIX}/database_url"] = {"managed-by": "somebody"}
    with pytest.raises(RefusedError, match=r"database_url was not made by the portal .* portal adopt"):
        await machine.rotate("database")
    assert stage.world.boundaries.mutations == []


async def test_a_role_of_the_same_name_that_is_somebody_elses_is_left_alone() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    stage.roles.foreign.add(f"{ROLE}-a")
    stage.roles.passwords[f"{ROLE}-a"] = "theirs"
    with pytest.raises(RefusedError, match="not made by the portal"):
        await machine.rotate("database")
    assert stage.roles.passwords[f"{ROLE}-a"] == "theirs"
    assert stage.lets_in(stage.cluster.environment["database_url"])
    assert stage.lets_in(stage.value("database_url"))


async def test_a_value_that_somebody_changed_meanwhile_is_not_overwritten() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    name = f"{PREFIX}/openai_api_key"

    async def edit(call: str) -> None:
        if call == "ssm:replace":
            stage.world.parameters[name] = (7, "canary-by-hand")
            stage.world.boundaries.before = None

    stage.world.boundaries.before = edit
    with pytest.raises(RefusedError, match="somebody else wrote it"):
        await machine.rotate("openai_api_key")
    with pytest.raises(RefusedError, match="changed by somebody else since the rotation began"):
        await machine.rotate("openai_api_key")


async def test_an_unknown_source_blocks_and_changes_nothing() -> None:
    stage = await Stage.of()
    machine = stage.machine()
    stage.world.denied.add("kubernetes")
    with pytest.raises(RefusedError, match="no source could tell"):
        await machine.rotate("database")
    assert stage.world.boundaries.mutations == []


@pytest.mark.parametrize("word", ["nonsense", "neon_auth_url", ""])
async def test_a_word_that_names_no_credential_is_refused_with_those_there_are(word: str) -> None:
    stage = await Stage.of()
    with pytest.raises(UsageError, match=r"It has: database, jwt, openai_api_key"):
        await plan_rotation(stage.machine().ports, TENANT, word)


async def test_the_plan_says_what_happens_and_nothing_secret() -> None:
    stage = await Stage.of()
    lines = plan_lines(await plan_rotation(stage.machine().ports, TENANT, "database"))
    assert lines[0] == "identity-service/dev rotate database"
    assert not [line for line in lines if "canary" in line]
    assert any(line.strip().startswith("- retire") for line in lines)
