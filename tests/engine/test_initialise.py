"""Storing the Neon key: proven first, written once, compared afterwards."""

import pytest

from portal.core.secrets import Secret
from portal.engine.initialise import initialise
from portal.errors import AccessDenied, RefusedError, UsageError
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import Machine, settings

NAME = "/zerotouch/platform/neon_api_key"
KEY = "canary-neon-key"


async def test_a_working_key_is_stored_once_and_recognised_afterwards() -> None:
    machine = Machine(World())
    first = await initialise(machine.ports, Secret(KEY))
    assert (first.account, first.parameter, first.changed) == ("account-1", NAME, True)
    assert machine.world.parameters == {NAME: (1, KEY)}
    assert machine.world.tags[NAME]["managed-by"] == "zerotouch-portal"
    machine.world.boundaries.revive()
    assert not (await initialise(machine.ports, Secret(KEY))).changed
    assert machine.world.boundaries.mutations == []


async def test_a_key_neon_does_not_know_is_not_stored() -> None:
    machine = Machine(World(denied={"neon"}))
    with pytest.raises(AccessDenied):
        await initialise(machine.ports, Secret(KEY))
    assert machine.world.parameters == {}


async def test_another_key_is_never_overwritten_nor_shown() -> None:
    machine = Machine(World())
    machine.world.parameters[NAME] = (3, "canary-other")
    with pytest.raises(RefusedError) as caught:
        await initialise(machine.ports, Secret(KEY))
    assert "canary" not in str(caught.value)
    assert machine.world.parameters[NAME] == (3, "canary-other")


async def test_an_empty_key_is_a_usage_error_before_anything_is_contacted() -> None:
    machine = Machine(World())
    with pytest.raises(UsageError, match="empty"):
        await initialise(machine.ports, Secret(" \n"))
    assert machine.world.boundaries.calls == []


async def test_a_read_only_profile_stores_nothing() -> None:
    machine = Machine(World(), profile=settings(read_only=True))
    with pytest.raises(RefusedError, match="read-only"):
        await initialise(machine.ports, Secret(KEY))


async def test_a_lost_answer_is_settled_by_looking() -> None:
    machine = Machine(World())
    machine.world.boundaries.set_fault(4, FaultKind.ANSWER_LOST)
    assert (await initialise(machine.ports, Secret(KEY))).changed
    assert machine.world.boundaries.hit == "ssm:create"
    assert machine.world.parameters == {NAME: (1, KEY)}
