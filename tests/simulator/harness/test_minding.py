"""A controller that crashes is started again, ever later, and its row says so."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from simulator.harness.keeping import Condition
from simulator.harness.minding import FIRST_DELAY, Minder
from simulator.harness.status import table


class Stop(BaseException):
    """Ends the test from within the controller."""


def crashing(
    times: int, waits: list[float]
) -> tuple[Callable[[], Awaitable[None]], Callable[[float], Awaitable[None]]]:
    runs = iter(range(times + 1))

    async def work() -> None:
        if next(runs) == times:
            raise Stop
        raise ExceptionGroup("tasks", [KeyError("postgresql://canary-password@host")])

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    return work, sleep


async def test_a_crash_is_told_with_its_place_and_never_with_its_text() -> None:
    told: list[Condition] = []
    waits: list[float] = []
    work, sleep = crashing(3, waits)
    with pytest.raises(Stop):
        await Minder("argocd", work, told.append, sleep).run()
    assert waits == [FIRST_DELAY, 2 * FIRST_DELAY, 4 * FIRST_DELAY]
    assert [each.state for each in told] == ["restarting", "up"] * 3
    assert told[0].what == "it crashed: KeyError (its first crash); started again 1 s after it"
    assert "test_minding.py" in told[0].last_lines
    assert not any("canary" in f"{each.what}{each.last_lines}" for each in told)


async def test_one_that_ends_is_started_again_too() -> None:
    told: list[Condition] = []

    async def ends() -> None:
        return

    async def sleep(_seconds: float) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Minder("crossplane", ends, told.append, sleep).run()
    assert told[0].what.startswith("it ended though it should last")


def row(state: str, what: str) -> dict[str, object]:
    return {
        "name": "argocd", "tier": "embedded", "product": "our controller", "version": "", "endpoint": "",
        "stands_in_for": "ArgoCD", "state": state, "what": what, "last_lines": "a.py:1 in b",
    }  # fmt: skip


def test_the_status_tells_of_a_crash_while_it_lasts_and_afterwards() -> None:
    world = {"run_dir": "/r", "seed": 1, "speed": 1.0, "kubeconfig": "/r/kubeconfig"}
    shown = table({**world, "backends": [row("restarting", "it crashed: KeyError")]})
    assert "argocd is restarting: it crashed: KeyError" in shown
    assert "Start it again" not in shown
    later = table({**world, "backends": [row("up", "started again after its first crash: …")]})
    assert "argocd was started again after its first crash" in later
