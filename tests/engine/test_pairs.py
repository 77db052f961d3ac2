"""Two faults in one onboarding, the second in the same process or in the next: applying again mends both."""

from collections.abc import Iterator
from random import Random

import pytest

from portal.engine.onboard import ApplyResult
from tests.engine.boundaries import FaultKind
from tests.engine.fakes import World
from tests.engine.scenes import Machine, check_invariants, truth
from tests.engine.test_faults import settled

Strike = tuple[int, FaultKind]
# A refusal, as a server's error, leaves the world as a lost call does, and is told apart by single faults.
ALIKE = {FaultKind.SERVER_ERROR, FaultKind.DENIED, FaultKind.EXPIRED}
KINDS = tuple(kind for kind in FaultKind if kind not in ALIKE)
SEEDS = range(8)
PAIRS_OF_A_SEED = 50
# A journal line is no mutation of the outside, but what a process dies between.
EFFECTS = ("journal:append",)


async def clean(stores: bool) -> tuple[list[str], list[int], tuple[object, ...]]:
    """Every call of a run without faults, which of them change something, and what they lead to."""
    machine = Machine(World(store_passwords=stores))
    await machine.apply()
    calls, changing = machine.world.boundaries.calls, set(machine.world.boundaries.mutations)
    effects = [at for at, call in enumerate(calls, 1) if call in changing or call in EFFECTS]
    return list(calls), effects, truth(machine)


async def struck(first: Strike, second: Strike, wanted: tuple[object, ...], *, stores: bool) -> int:
    """How many of the two have struck when the desired state stands; nothing is lost on the way."""
    machine = Machine(World(store_passwords=stores))
    boundaries = machine.world.boundaries
    boundaries.set_faults(first, second)
    result: ApplyResult | None = None
    for _ in range(2):
        result = await machine.attempt()
        check_invariants(machine)
    boundaries.counting = False
    boundaries.revive()
    told = f"{first} then {second} ({boundaries.hit}): {machine.texts}"
    if result is None or not result.healthy:
        result = await machine.attempt()
        check_invariants(machine)
    assert result is not None, told
    assert result.healthy, told
    assert truth(machine) == wanted, told
    await settled(machine, told)
    return len(boundaries.hit.split(", ")) if boundaries.hit else 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_two_faults_anywhere_are_mended_by_applying_again(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - a seed repeats the pairs
    stores = seed % 2 == 0
    calls, _, wanted = await clean(stores)
    both = 0
    for _ in range(PAIRS_OF_A_SEED):
        first, second = (
            (chance.randint(1, len(calls)), chance.choice(KINDS)),
            (chance.randint(1, len(calls)), chance.choice(KINDS)),
        )
        both += await struck(first, second, wanted, stores=stores) == 2
    assert both > PAIRS_OF_A_SEED // 2


def _pairs(effects: list[int], first: FaultKind, second: FaultKind) -> Iterator[tuple[Strike, Strike]]:
    for at in effects:
        for later in range(1, len(effects) + 1):
            yield (at, first), (later * effects[-1] // len(effects), second)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("first", KINDS)
@pytest.mark.parametrize("second", KINDS)
@pytest.mark.parametrize("stores", [True, False], ids=["stored", "unstored"])
async def test_a_fault_at_every_effect_and_one_after_it(
    first: FaultKind,
    second: FaultKind,
    stores: bool,
) -> None:
    _, effects, wanted = await clean(stores)
    struck_twice = 0
    for one, other in _pairs(effects, first, second):
        struck_twice += await struck(one, other, wanted, stores=stores) == 2
    assert struck_twice > len(effects)
