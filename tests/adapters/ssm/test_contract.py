"""The Parameter Store adapter over a socket, kept by moto and by LocalStack: what its port promises."""

import uuid
from collections.abc import AsyncIterator

import pytest

from portal.adapters.ssm import ParameterStore
from portal.adapters.threads import Threads
from portal.core.secrets import Secret
from portal.errors import Conflict, NotFound, Precondition
from tests.adapters.aws import Account
from tests.adapters.blocking import loop_guard
from tests.adapters.conftest import Cloud

TAGS = {"managed-by": "zerotouch-portal", "service": "identity-service"}
PEM = "-----BEGIN X-----\nlinß 1\nline 2\n-----END X-----\n"


@pytest.fixture(params=["moto", pytest.param("localstack", marks=pytest.mark.containers)])
def cloud(request: pytest.FixtureRequest) -> Cloud:
    found: Cloud = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def store(cloud: Cloud, account: Account, threads: Threads) -> AsyncIterator[ParameterStore]:
    async with ParameterStore(account.settings(cloud.ssm), threads) as found:
        yield found


@pytest.fixture
def prefix() -> str:
    return f"/zerotouch/{uuid.uuid4().hex}"


async def test_a_created_parameter_is_a_tagged_secure_string_of_version_one(
    store: ParameterStore, prefix: str
) -> None:
    name = f"{prefix}/jwt"
    assert await store.create(name, Secret(PEM), tags=TAGS) == 1
    assert await store.tags(name) == TAGS
    (meta,) = await store.describe(prefix)
    assert (meta.name, meta.version, meta.type, meta.tier) == (name, 1, "SecureString", "Standard")
    assert meta.modified_at > 1_700_000_000
    value = (await store.get([name]))[name]
    assert (value.version, value.value) == (1, Secret(PEM))


async def test_tags_are_added_and_changed_and_the_others_stay(store: ParameterStore, prefix: str) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("x"), tags={"team": "payments", "service": "old"})
    await store.tag(name, TAGS)
    assert await store.tags(name) == {"team": "payments", **TAGS}
    with pytest.raises(NotFound):
        await store.tag(f"{prefix}/absent", TAGS)


async def test_a_history_holds_every_version_and_who_wrote_it_but_no_value(
    store: ParameterStore, prefix: str
) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("canary-1"), tags=TAGS)
    for version in range(1, 60):
        await store.replace(name, Secret(f"canary-{version}"), expected_version=version)
    told = await store.history(name)
    assert [each.version for each in told] == list(range(1, 61))
    assert all(each.modified_at > 1_700_000_000 and each.modified_by.startswith("arn:") for each in told)
    assert "canary" not in repr(told)
    with pytest.raises(NotFound):
        await store.history(f"{prefix}/nothing")


async def test_creating_what_exists_is_a_conflict_and_changes_nothing(
    store: ParameterStore, prefix: str
) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("first"), tags=TAGS)
    with pytest.raises(Conflict) as caught:
        await store.create(name, Secret("second"), tags={"managed-by": "somebody"})
    assert (caught.value.operation, caught.value.target) == ("PutParameter", name)
    assert (await store.get([name]))[name].value == Secret("first")
    assert await store.tags(name) == TAGS


async def test_replacing_counts_the_version_up_and_keeps_the_tags(store: ParameterStore, prefix: str) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("first"), tags=TAGS)
    assert await store.replace(name, Secret("second"), expected_version=1) == 2
    assert (await store.get([name]))[name].value == Secret("second")
    assert await store.tags(name) == TAGS


async def test_replacing_another_version_than_expected_is_a_conflict(
    store: ParameterStore, prefix: str
) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("first"), tags=TAGS)
    await store.replace(name, Secret("second"), expected_version=1)
    with pytest.raises(Conflict, match="another writer came between"):
        await store.replace(name, Secret("third"), expected_version=1)


async def test_many_parameters_are_described_page_by_page_below_the_path_alone(
    store: ParameterStore, prefix: str
) -> None:
    names = {f"{prefix}/s{number}/deep/key" for number in range(57)}
    for name in (*names, f"{prefix}x/neighbour"):
        await store.create(name, Secret("v"), tags={})
    assert {meta.name for meta in await store.describe(prefix + "/")} == names


async def test_a_path_without_parameters_is_empty(store: ParameterStore, prefix: str) -> None:
    assert await store.describe(prefix) == ()


async def test_values_are_read_in_batches_and_absent_names_are_left_out(
    store: ParameterStore, prefix: str
) -> None:
    there = [f"{prefix}/k{number}" for number in range(23)]
    for name in there:
        await store.create(name, Secret(f"value of {name}"), tags={})
    asked = [*there, f"{prefix}/absent", there[0]]
    found = await store.get(asked)
    assert set(found) == set(there)
    assert all(found[name].value == Secret(f"value of {name}") for name in there)
    assert await store.get([]) == {}
    assert await store.get([f"{prefix}/absent"]) == {}


async def test_a_deleted_parameter_is_gone_and_deleting_it_again_says_so(
    store: ParameterStore, prefix: str
) -> None:
    name = f"{prefix}/key"
    await store.create(name, Secret("v"), tags={})
    await store.delete(name)
    assert await store.get([name]) == {}
    with pytest.raises(NotFound):
        await store.delete(name)


async def test_tags_of_what_is_absent_are_not_found(store: ParameterStore, prefix: str) -> None:
    with pytest.raises(NotFound):
        await store.tags(f"{prefix}/absent")


@pytest.mark.parametrize(("size", "tier"), [(4096, "Standard"), (4097, "Advanced"), (8192, "Advanced")])
async def test_the_tier_follows_the_size(store: ParameterStore, prefix: str, size: int, tier: str) -> None:
    await store.create(f"{prefix}/large", Secret("x" * size), tags={})
    (meta,) = await store.describe(prefix)
    assert meta.tier == tier


@pytest.mark.parametrize(
    ("value", "cause"), [("", "empty"), ("x" * 8193, "over 8192"), ("ü" * 4097, "over 8192")]
)
async def test_a_value_that_cannot_be_stored_is_refused_before_anything_is_sent(
    store: ParameterStore, prefix: str, value: str, cause: str
) -> None:
    with pytest.raises(Precondition, match=cause):
        await store.create(f"{prefix}/key", Secret(value), tags={})
    assert await store.describe(prefix) == ()


async def test_nothing_of_it_runs_on_the_loop(store: ParameterStore, prefix: str) -> None:
    with loop_guard() as seen:
        await store.create(f"{prefix}/key", Secret("v"), tags={})
        await store.describe(prefix)
    assert seen == []
