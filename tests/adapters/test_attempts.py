"""One attempt serves all who wait for it, whether it works or fails."""

import asyncio

import pytest

from portal.adapters.attempts import SharedAttempt
from portal.adapters.kube.connection import Connection, Request
from portal.adapters.kube.discovery import Discovery
from portal.adapters.kube.failures import Call
from portal.errors import Unreachable
from portal.settings import KubeSettings

DOWN = Unreachable("no answer", system="kubernetes", operation="discovery")


class Door:
    """Opens at the attempt it is told to, after everybody who wants in has come."""

    def __init__(self, opens_at: int) -> None:
        self.attempts = 0
        self._opens_at = opens_at
        self.open = False

    async def attempt(self) -> None:
        self.attempts += 1
        await asyncio.sleep(0)
        if self.attempts < self._opens_at:
            raise DOWN
        self.open = True


async def test_what_one_attempt_made_serves_everybody() -> None:
    door, shared = Door(opens_at=1), SharedAttempt()
    await asyncio.gather(*(shared.make(door.attempt, unless=lambda: door.open) for _ in range(10)))
    assert door.attempts == 1


async def test_a_failure_is_shared_by_those_who_waited_and_the_next_one_tries_again() -> None:
    door, shared = Door(opens_at=2), SharedAttempt()
    calls = (shared.make(door.attempt, unless=lambda: door.open) for _ in range(10))
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert outcomes == [DOWN] * 10
    assert door.attempts == 1
    await shared.make(door.attempt, unless=lambda: door.open)
    assert door.open


async def test_those_who_wait_go_on_when_the_one_at_work_is_cancelled() -> None:
    door, shared = Door(opens_at=2), SharedAttempt()
    first = asyncio.ensure_future(shared.make(door.attempt, unless=lambda: door.open))
    second = asyncio.ensure_future(shared.make(door.attempt, unless=lambda: door.open))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert door.open
    assert first.cancelled()


class Silent(Connection):
    """A cluster that never answers in time."""

    def __init__(self) -> None:
        super().__init__(KubeSettings())
        self.asked: list[str] = []

    async def request(self, call: Call, request: Request) -> bytes:
        self.asked.append(request.path)
        await asyncio.sleep(0)
        raise call.failed(Unreachable, DOWN.cause)


async def test_a_silent_cluster_costs_all_kinds_one_deadline_together() -> None:
    connection = Silent()
    discovery = Discovery(connection, lambda: 0.0)
    kinds = [f"Kind{number}" for number in range(17)]
    outcomes = await asyncio.gather(*(discovery.find(kind, None) for kind in kinds), return_exceptions=True)
    await connection.close()
    assert all(isinstance(outcome, Unreachable) for outcome in outcomes)
    assert sorted(connection.asked) == ["/api", "/apis"]
    with pytest.raises(Unreachable):
        await discovery.find("Kind1", None)
    assert len(connection.asked) == 4
