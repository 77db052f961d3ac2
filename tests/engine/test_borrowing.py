"""A value that stands in another parameter: read once, written down, and never of another environment."""

import pytest

from portal.engine.borrowing import borrowed
from portal.errors import NotFound, RefusedError
from tests.engine.fakes import World
from tests.engine.scenes import Machine

SHARED = "/zerotouch/platform/openai_api_key"


async def test_the_value_is_taken_and_the_reading_of_it_is_written_down() -> None:
    machine = Machine(World())
    machine.world.parameters[SHARED] = (4, "canary-shared")
    found = await borrowed(machine.ports, {"openai_api_key": SHARED}, {"dev"})
    assert found["openai_api_key"].reveal("test") == "canary-shared"
    events = [entry.event for entry in machine.audit.lines]
    assert {(event.action, event.target) for event in events} == {("borrow", SHARED)}
    assert events[-1].version == 4
    assert "canary" not in repr(machine.audit.lines)


@pytest.mark.parametrize("name", ["/zerotouch/prod/openai_api_key", "/zerotouch/staging/a/key"])
async def test_a_parameter_of_another_environment_is_refused_before_it_is_asked_for(name: str) -> None:
    machine = Machine(World())
    with pytest.raises(RefusedError, match="and this is about dev"):
        await borrowed(machine.ports, {"openai_api_key": name}, {"dev"})
    assert machine.world.boundaries.calls == []


async def test_one_that_is_not_there_is_told_by_its_name() -> None:
    machine = Machine(World())
    with pytest.raises(NotFound, match="does not exist"):
        await borrowed(machine.ports, {"openai_api_key": SHARED}, {"dev"})
