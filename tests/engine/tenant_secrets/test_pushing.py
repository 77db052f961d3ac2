"""Values from a pipeline: created where nothing stands, never over another value without consent."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import pytest

from portal.core.facets import TenantKey
from portal.core.secrets import Secret
from portal.engine.tenant_secrets import Pushed, push
from portal.errors import InterruptedRun, PortalError, PrerequisiteError, RefusedError, UsageError
from tests.engine.boundaries import FaultKind, Killed
from tests.engine.fakes import World
from tests.engine.scenes import LOCK, PREFIX, Machine, settings

TENANT = TenantKey("identity-service", "dev")
KEY = f"{PREFIX}/openai_api_key"
OURS = {"managed-by": "zerotouch-portal"}


async def pushed(
    machine: Machine, values: Mapping[str, str], consent: Mapping[str, int | None] | None = None
) -> list[tuple[str, str, int]]:
    secrets = {key: Secret(value) for key, value in values.items()}
    done = await push(machine.ports, TENANT, secrets, consent or {}, machine.progress.append)
    return [(each.key, each.outcome.value, each.version) for each in done]


def standing(value: str, version: int = 3, tags: Mapping[str, str] = OURS) -> Machine:
    """A world in which the key has a value."""
    machine = Machine(World())
    machine.world.parameters[KEY] = (version, value)
    machine.world.tags[KEY] = dict(tags)
    return machine


async def test_values_are_created_tagged_as_ours_and_pushed_again_change_nothing() -> None:
    machine = Machine(World())
    values = {"openai_api_key": "canary-1", "ghcr_password": "canary-2"}
    assert await pushed(machine, values) == [
        ("openai_api_key", "created", 1),
        ("ghcr_password", "created", 1),
    ]
    assert machine.world.parameters[KEY] == (1, "canary-1")
    assert machine.world.tags[KEY] == {**OURS, "service": "identity-service", "environment": "dev"}
    assert machine.world.tags["/zerotouch/dev/platform/ghcr/password"]["service"] == "platform"
    assert LOCK not in machine.world.parameters
    machine.world.boundaries.mutations.clear()
    assert {outcome for _, outcome, _ in await pushed(machine, values)} == {"unchanged"}
    assert machine.world.boundaries.mutations == []


async def test_another_value_is_kept_without_consent_and_nothing_else_is_written() -> None:
    machine = standing("canary-old")
    with pytest.raises(RefusedError, match="--replace openai_api_key@3") as refusal:
        await pushed(machine, {"anthropic_api_key": "canary-a", "openai_api_key": "canary-new"})
    assert machine.world.parameters == {KEY: (3, "canary-old")}
    assert "canary" not in str(refusal.value)


@pytest.mark.parametrize("consent", [{"openai_api_key": 3}, {"openai_api_key": None}])
async def test_consent_to_the_version_that_stands_replaces_it(consent: Mapping[str, int | None]) -> None:
    machine = standing("canary-old")
    assert await pushed(machine, {"openai_api_key": "canary-new"}, consent) == [
        ("openai_api_key", "replaced", 4)
    ]
    assert machine.world.parameters == {KEY: (4, "canary-new")}


async def test_consent_to_another_version_is_none() -> None:
    machine = standing("canary-old")
    with pytest.raises(RefusedError, match="at version 3, not at 2"):
        await pushed(machine, {"openai_api_key": "canary-new"}, {"openai_api_key": 2})
    assert machine.world.parameters == {KEY: (3, "canary-old")}


async def test_what_is_somebody_elses_is_not_replaced_even_with_consent() -> None:
    machine = standing("canary-old", tags={"managed-by": "terraform"})
    with pytest.raises(RefusedError, match="not made by the portal"):
        await pushed(machine, {"openai_api_key": "canary-new"}, {"openai_api_key": 3})
    assert machine.world.parameters == {KEY: (3, "canary-old")}
    assert await pushed(machine, {"openai_api_key": "canary-old"}) == [("openai_api_key", "unchanged", 3)]


async def test_one_who_writes_in_between_is_noticed_before_or_by_the_version_that_results() -> None:
    for call in ("ssm:get", "ssm:create", "ssm:replace"):
        for start in (None, "canary-old"):
            machine = Machine(World()) if start is None else standing(start)

            async def foreign(name: str, machine: Machine = machine, call: str = call) -> None:
                lease_held = LOCK in machine.world.parameters
                if name == call and lease_held and not machine.texts:
                    machine.texts.append("written")
                    version = machine.world.parameters.get(KEY, (0, ""))[0]
                    machine.world.parameters[KEY] = (version + 1, "canary-foreign")

            machine.world.boundaries.before = foreign
            consent = {"openai_api_key": 3} if start else {}
            if not (start is None and call == "ssm:replace") and not (start and call == "ssm:create"):
                with pytest.raises(RefusedError):
                    await pushed(machine, {"openai_api_key": "canary-new"}, consent)
                assert machine.texts == ["written"]
            assert LOCK not in machine.world.parameters


@pytest.mark.parametrize("kind", list(FaultKind))
@pytest.mark.parametrize("replacing", [False, True])
async def test_a_fault_at_any_call_is_mended_by_pushing_again(kind: FaultKind, *, replacing: bool) -> None:
    """Whatever happens where, the second push ends with the value at the one version that follows."""
    values = {"openai_api_key": "canary-new"}
    consent = {"openai_api_key": 3} if replacing else {}
    expected = (4 if replacing else 1, "canary-new")

    def make() -> Machine:
        return standing("canary-old") if replacing else Machine(World())

    clean = make()
    await pushed(clean, values, consent)
    for at in range(1, clean.world.boundaries.count + 1):
        machine = make()
        machine.world.boundaries.set_fault(at, kind)
        with suppress(PortalError, Killed):
            await pushed(machine, values, consent)
        assert machine.world.parameters.get(KEY) in {None, (3, "canary-old"), expected}
        machine.world.boundaries.revive()
        done = machine.world.parameters.get(KEY) == expected
        again = await pushed(machine, values, {} if done else consent)
        assert again[0][1] == ("unchanged" if done else "replaced" if replacing else "created")
        assert machine.world.parameters[KEY] == expected
        assert not [line for line in machine.journal.lines if "canary" in repr(line)]
        assert not [line for line in machine.audit.lines if "canary" in repr(line)]


async def test_what_is_pushed_counts_as_published_in_the_journal() -> None:
    machine = Machine(World())
    await pushed(machine, {"openai_api_key": "canary-1"})
    (line,) = [line for line in machine.journal.lines if line.kind == "done"]
    assert line.data == {"parameter": KEY, "version": 1}


async def test_a_lease_of_somebody_else_is_respected() -> None:
    first = Machine(World())

    async def meanwhile(name: str) -> None:
        if name == "ssm:create" and LOCK in first.world.parameters and not first.texts:
            first.texts.append("tried")
            with pytest.raises(RefusedError, match="holds the lease"):
                await pushed(Machine(first.world), {"openai_api_key": "canary-other"})

    first.world.boundaries.before = meanwhile
    assert await pushed(first, {"openai_api_key": "canary-1"}) == [("openai_api_key", "created", 1)]
    assert first.texts == ["tried"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "no values"),
        ({"openai_api_key": ""}, "openai_api_key is empty"),
        ({"Bad-Key": "canary"}, "no secret key"),
        ({"../x": "canary"}, "no secret key"),
        ({"jwt_private_key": "canary"}, "key pair"),
        ({"database_url": "canary"}, "database_url is not postgresql://"),
        ({"database_url": "mysql://u:canary@h/d"}, "database_url is not postgresql://"),
        ({"openai_api_key": "canary\x00"}, "zero byte"),
        ({"openai_api_key": "canary\udc80"}, "UTF-8"),
        ({"openai_api_key": "canary" * 2000}, "8192 bytes"),
    ],
)
async def test_what_cannot_be_right_is_refused_before_anything_is_contacted(
    values: Mapping[str, str], words: str
) -> None:
    machine = Machine(World())
    with pytest.raises(UsageError, match=words) as refusal:
        await pushed(machine, values)
    assert machine.world.boundaries.calls == []
    assert "canary" not in str(refusal.value)


async def test_consent_without_a_value_read_only_and_a_full_disk_stop_before_the_first_write() -> None:
    machine = standing("canary-old")
    with pytest.raises(UsageError, match="no value was given for other"):
        await pushed(machine, {"openai_api_key": "canary-new"}, {"other": None})
    machine.audit.full = True
    with pytest.raises(PrerequisiteError):
        await pushed(machine, {"openai_api_key": "canary-new"}, {"openai_api_key": 3})
    reader = Machine(machine.world, profile=settings(read_only=True))
    with pytest.raises(RefusedError, match="read-only"):
        await pushed(reader, {"openai_api_key": "canary-new"}, {"openai_api_key": 3})
    assert machine.world.boundaries.mutations == []


def test_what_was_pushed_tells_no_value() -> None:
    assert set(Pushed.__dataclass_fields__) == {"key", "parameter", "outcome", "version"}


@pytest.mark.parametrize("times", [1, 2])
async def test_a_push_that_is_stopped_ends_its_write_or_stops_now_and_frees_its_lease(times: int) -> None:
    """Once: the value under way is written and recorded, the next one not begun. Twice: at once; the next
    push sees what stands.
    """
    machine = Machine(World())
    values = {"openai_api_key": "canary-1", "anthropic_api_key": "canary-2"}
    reached = asyncio.Event()

    async def notice(name: str) -> None:
        if name == "ssm:create" and LOCK in machine.world.parameters and not reached.is_set():
            reached.set()
            for _ in range(3):
                await asyncio.sleep(0)

    machine.world.boundaries.before = notice
    task = asyncio.ensure_future(pushed(machine, values))
    await reached.wait()
    for _ in range(times):
        task.cancel()
        await asyncio.sleep(0)
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome, InterruptedRun if times == 1 else asyncio.CancelledError)
    written = [name for name in machine.world.parameters if name != LOCK]
    assert written == ([KEY] if times == 1 else [])
    done = [line.data["parameter"] for line in machine.journal.lines if line.kind == "done"]
    assert done == written
    machine.world.boundaries.before = None
    machine.world.boundaries.revive()
    assert [key for key, _, _ in await pushed(machine, values)] == list(values)
    assert {name for name in machine.world.parameters if name != LOCK} == {KEY, f"{PREFIX}/anthropic_api_key"}
    assert LOCK not in machine.world.parameters
