"""What is told of a tenant's secrets: metadata, whether two values agree, and one value for one reason."""

import json
from dataclasses import replace

import pytest

from portal.core.audit import Outcome
from portal.core.comparing import Match
from portal.core.facets import TenantKey
from portal.engine.tenant_secrets import Drift, compare, history, overview, reveal
from portal.errors import NotFound, PrerequisiteError, RefusedError, UsageError
from tests.engine.fakes import World
from tests.engine.scenes import PREFIX, Machine, settings
from tests.engine.tenant_secrets.cluster import Held, SecretsCluster

TENANT = TenantKey("identity-service", "dev")
REGISTRY = "/zerotouch/dev/platform/ghcr"
DSN = "postgresql://identity:canary-password@db.example/identity?sslmode=require"


def scene() -> tuple[Machine, Held]:
    """A tenant with one key, a connection string, a key pair and the registry's login, all copied."""
    world, held = World(), Held()
    machine = Machine(world)
    machine.ports = replace(machine.ports, cluster=SecretsCluster(world, held))
    world.parameters = {
        f"{PREFIX}/database_url": (2, DSN),
        f"{PREFIX}/openai_api_key": (3, "canary-openai"),
        f"{REGISTRY}/username": (1, "robot"),
        f"{REGISTRY}/password": (1, "canary-registry"),
    }
    held.copy("db", {"DATABASE_URL": f"{PREFIX}/database_url"}, {"DATABASE_URL": DSN})
    held.copy("keys", {"OPENAI": f"{PREFIX}/openai_api_key"}, {"OPENAI": "canary-openai"})
    login = {"auths": {"ghcr.io": {"username": "robot", "password": "canary-registry"}}}
    held.copy(
        "pull",
        {"username": f"{REGISTRY}/username", "password": f"{REGISTRY}/password"},
        {".dockerconfigjson": json.dumps(login)},
        template=True,
    )
    return machine, held


async def test_an_overview_tells_versions_and_copies_and_reads_no_value() -> None:
    machine, _ = scene()
    rows = await overview(machine.ports, TENANT)
    assert {(row.key, row.version, row.drift) for row in rows} == {
        ("database_url", 2, Drift.UNKNOWN),
        ("openai_api_key", 3, Drift.UNKNOWN),
        ("ghcr_username", 1, Drift.UNKNOWN),
        ("ghcr_password", 1, Drift.UNKNOWN),
    }
    assert "ssm:get" not in machine.world.boundaries.calls
    assert machine.audit.lines == []


@pytest.mark.parametrize(
    ("refreshed", "ready", "drift"),
    [
        ("2026-01-31T11:00:00Z", "True", Drift.BEHIND),
        ("2026-01-31T12:30:00Z", "True", Drift.CURRENT),
        ("2026-01-31T12:30:00Z", "False", Drift.BEHIND),
        ("", "True", Drift.UNKNOWN),
    ],
)
async def test_a_copy_is_behind_when_it_is_older_than_the_parameter(
    refreshed: str, ready: str, drift: Drift
) -> None:
    machine, held = scene()
    machine.world.modified_at = machine.ports.clock.now().timestamp()
    held.copy("keys", {"OPENAI": f"{PREFIX}/openai_api_key"}, {}, refreshed=refreshed, ready=ready)
    (row,) = [row for row in await overview(machine.ports, TENANT) if row.key == "openai_api_key"]
    assert row.drift is drift


async def test_what_nobody_copies_and_what_does_not_exist_is_said() -> None:
    machine, held = scene()
    del held.externals["db"]
    held.copy("auth", {"URL": f"{PREFIX}/neon_auth_url"}, {})
    rows = {row.key: row for row in await overview(machine.ports, TENANT)}
    assert rows["database_url"].drift is Drift.UNUSED
    assert (rows["neon_auth_url"].drift, rows["neon_auth_url"].version) == (Drift.ABSENT, 0)


async def test_a_cluster_that_does_not_answer_leaves_the_parameters_in_sight() -> None:
    machine, _ = scene()
    machine.world.denied.add("kubernetes")
    rows = await overview(machine.ports, TENANT)
    assert {row.drift for row in rows} == {Drift.UNKNOWN}
    assert {row.detail for row in rows} == {"access denied"}


async def test_what_an_environment_shares_is_told_only_of_a_tenant_that_reads_it() -> None:
    machine, held = scene()
    assert await overview(machine.ports, TenantKey("nobody", "dev")) == ()
    del held.externals["pull"]
    assert {row.key for row in await overview(machine.ports, TENANT)} == {"database_url", "openai_api_key"}


async def test_another_tenants_parameters_are_not_told() -> None:
    machine, held = scene()
    other = "/zerotouch/dev/identity-service-two/key"
    machine.world.parameters[other] = (1, "canary-other")
    held.copy("other", {"KEY": other}, {"KEY": "canary-other"})
    assert all("two" not in row.parameter for row in await overview(machine.ports, TENANT))
    assert all("two" not in row.parameter for row in await compare(machine.ports, TENANT))


async def test_equal_values_are_the_same_also_inside_a_registry_login() -> None:
    machine, _ = scene()
    rows = await compare(machine.ports, TENANT)
    assert {row.key: row.match for row in rows} == dict.fromkeys(
        ("database_url", "openai_api_key", "ghcr_username", "ghcr_password"), Match.SAME
    )
    assert "canary" not in repr(rows)


async def test_different_values_differ_and_a_connection_string_says_in_which_part() -> None:
    machine, held = scene()
    held.secrets["db"] = {"DATABASE_URL": DSN.replace("canary-password", "canary-other")}
    held.secrets["keys"] = {"OPENAI": "canary-other-key"}
    held.secrets["pull"] = {".dockerconfigjson": "canary {"}
    rows = {row.key: row for row in await compare(machine.ports, TENANT)}
    assert rows["database_url"].match is Match.DIFFERS
    assert rows["database_url"].detail == "in its password, the rest is the same"
    assert (rows["openai_api_key"].match, rows["openai_api_key"].detail) == (Match.DIFFERS, "")
    assert rows["ghcr_password"].match is Match.UNKNOWN
    assert "canary" not in repr(rows)


async def test_what_cannot_be_read_is_unknown_and_what_is_missing_absent() -> None:
    machine, held = scene()
    held.hidden.add("db")
    del held.secrets["pull"]
    held.secrets["keys"] = {"ELSE": "x"}
    rows = {row.key: row for row in await compare(machine.ports, TENANT)}
    assert rows["database_url"].match is Match.UNKNOWN
    assert "not allowed" in rows["database_url"].detail
    assert rows["ghcr_password"].match is Match.ABSENT
    assert rows["openai_api_key"].match is Match.ABSENT
    del machine.world.parameters[f"{PREFIX}/openai_api_key"]
    rows = {row.key: row for row in await compare(machine.ports, TENANT)}
    assert rows["openai_api_key"].detail == "the parameter does not exist"


async def test_halves_of_a_key_pair_that_do_not_belong_together_are_found() -> None:
    machine, held = scene()
    pair = await machine.ports.keys.generate("RS256")
    values = {"private_key": pair.private_pem, "public_key": pair.public_pem}
    for name, value in values.items():
        machine.world.parameters[f"{PREFIX}/jwt_{name}"] = (1, value.reveal("test"))
    machine.world.parameters[f"{PREFIX}/jwt_key_id"] = (1, pair.key_id)
    held.copy("jwt", {"KEY": f"{PREFIX}/jwt_private_key"}, {"KEY": pair.private_pem.reveal("test")})
    *_, row = await compare(machine.ports, TENANT)
    assert (row.key, row.match) == ("jwt_private_key", Match.SAME)
    machine.world.parameters[f"{PREFIX}/jwt_key_id"] = (2, "another")
    *_, row = await compare(machine.ports, TENANT)
    assert (row.match, row.detail) == (Match.DIFFERS, "jwt_key_id do not belong to it")


async def test_a_comparison_is_in_the_trail_before_a_value_is_read() -> None:
    machine, _ = scene()
    machine.audit.full = True
    with pytest.raises(PrerequisiteError):
        await compare(machine.ports, TENANT)
    assert "ssm:get" not in machine.world.boundaries.calls
    machine.audit.full = False
    await compare(machine.ports, TENANT)
    assert [entry.event.action for entry in machine.audit.lines] == ["compare", "compare"]


async def test_a_tenant_nothing_is_copied_for_is_refused_with_the_way_on() -> None:
    machine, held = scene()
    held.externals.clear()
    with pytest.raises(RefusedError, match="portal trace identity-service/dev"):
        await compare(machine.ports, TENANT)


async def test_a_history_tells_who_wrote_when_and_no_value() -> None:
    machine, _ = scene()
    told = await history(machine.ports, TENANT, "openai_api_key")
    assert [version.version for version in told[f"{PREFIX}/openai_api_key"]] == [1, 2, 3]
    assert await history(machine.ports, TENANT, "nothing") == {}
    assert len(await history(machine.ports, TENANT, "")) == 4


async def test_a_value_is_revealed_for_a_reason_that_is_written_down_without_it() -> None:
    machine, _ = scene()
    found = await reveal(machine.ports, TENANT, "openai_api_key", " incident 42 ")
    assert (found.version, found.value.reveal("test")) == (3, "canary-openai")
    intent, done = (entry.event for entry in machine.audit.lines)
    assert (intent.outcome, done.outcome, done.version) == (Outcome.INTENT, Outcome.DONE, 3)
    assert {intent.reason, done.reason} == {"incident 42"}
    assert "canary" not in repr((machine.audit.lines, found))
    assert (await reveal(machine.ports, TENANT, "ghcr_password", "x")).parameter == f"{REGISTRY}/password"


async def test_nothing_is_revealed_without_a_reason_a_trail_or_leave() -> None:
    machine, _ = scene()
    for key, reason in (("openai_api_key", " "), ("../other/key", "x"), ("OPENAI", "x")):
        with pytest.raises(UsageError):
            await reveal(machine.ports, TENANT, key, reason)
    with pytest.raises(UsageError, match="nothing of environment"):
        await reveal(machine.ports, TenantKey("identity-service", "prod"), "openai_api_key", "x")
    machine.audit.full = True
    with pytest.raises(PrerequisiteError):
        await reveal(machine.ports, TENANT, "openai_api_key", "x")
    machine.audit.full = False
    machine.ports = replace(machine.ports, settings=settings(read_only=True))
    with pytest.raises(RefusedError, match="read-only"):
        await reveal(machine.ports, TENANT, "openai_api_key", "x")
    assert machine.world.boundaries.calls.count("ssm:get") == 0


async def test_a_reveal_of_what_is_not_there_is_in_the_trail_as_failed() -> None:
    machine, _ = scene()
    with pytest.raises(NotFound, match="portal secrets list"):
        await reveal(machine.ports, TENANT, "nothing", "x")
    assert [entry.event.outcome for entry in machine.audit.lines] == [Outcome.INTENT, Outcome.FAILED]


async def test_a_secret_typed_as_a_reason_is_masked_in_the_trail() -> None:
    machine, _ = scene()
    await reveal(machine.ports, TENANT, "openai_api_key", "password=canary-typed\x1b[2J")
    assert "canary" not in repr(machine.audit.lines)
    assert "\x1b" not in machine.audit.lines[0].event.reason
