"""Five hundred faults, one at a time: what an answer says happened has happened, and nothing else has.

What was dropped before delivery has not happened, what was dropped after it has; whoever tries again is
answered as the real service would answer.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import httpx
import pytest
import pytest_asyncio

from simulator.gateway.faults import Action, Rule
from tests.simulator.faults.operations import OPERATIONS, Call, Operation, changed, placed
from tests.simulator.faults.services import Systems, systems
from tests.simulator.waiting import until

COUNT = 500
REFUSED, LOST, ANSWERED = "refused", "lost", "answered"


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault, what its caller sees of it, and whether the call was carried out."""

    name: str
    action: Action
    seen: str
    carried_out: bool
    status: int = 503


KINDS = (
    Kind("500", Action.STATUS, REFUSED, carried_out=False, status=500),
    Kind("503", Action.STATUS, REFUSED, carried_out=False),
    Kind("throttle", Action.THROTTLE, REFUSED, carried_out=False),
    Kind("gone", Action.GONE, REFUSED, carried_out=False),
    Kind("hang", Action.HANG, LOST, carried_out=False),
    Kind("drop_before", Action.DROP_BEFORE, LOST, carried_out=False),
    Kind("drop_after", Action.DROP_AFTER, LOST, carried_out=True),
    Kind("hang_after", Action.HANG_AFTER, LOST, carried_out=True),
    Kind("truncate", Action.TRUNCATE, LOST, carried_out=True),
    Kind("latency", Action.LATENCY, ANSWERED, carried_out=True),
    Kind("cut", Action.CUT, ANSWERED, carried_out=True),
)
REFUSALS = {("neon", Action.THROTTLE): 429, ("ssm", Action.THROTTLE): 400, ("kube", Action.THROTTLE): 429}


def _cases() -> list[tuple[int, int]]:
    """Every operation with every kind, then more of them by chance, as numbers, where they cost least."""
    every = list(product(range(len(OPERATIONS)), range(len(KINDS))))
    cheap = [pair for pair in every if OPERATIONS[pair[0]].service in {"ssm", "kube"}]
    return every + random.Random(500).choices(cheap, k=COUNT - len(every))  # noqa: S311 - the same ones every time


CASES = _cases()


@pytest_asyncio.fixture(scope="module", loop_scope="module", name="world")
async def _world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Systems]:
    async with systems(tmp_path_factory.mktemp("faults")) as up:
        await _ready(up)
        yield up


async def _ready(world: Systems) -> None:
    """A compute that is awake spares every case its start."""
    endpoint = (await world.by_name["neon"].holdings())["endpoint"]["id"]
    call = Call("neon", "POST", f"/endpoints/{endpoint}/start")
    assert (await _sent(world, call)).status_code == 200


async def _sent(world: Systems, call: Call) -> httpx.Response:
    if "{branch}" in call.path:
        call = placed(call, (await world.by_name["neon"].holdings())["branch"])
    request = world.request(call.service, call.method, call.path, call.headers, call.body)
    return await world.client.send(request)


def test_there_are_five_hundred_of_every_operation_and_every_kind() -> None:
    assert len(CASES) == COUNT
    assert len(set(CASES)) == len(OPERATIONS) * len(KINDS)
    assert Counter(each.service for each in OPERATIONS) == {"neon": 8, "ssm": 7, "s3": 6, "kube": 7}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "number", range(len(OPERATIONS)), ids=[f"{n} {each.name}" for n, each in enumerate(OPERATIONS)]
)
async def test_a_fault_leaves_what_it_says(world: Systems, number: int) -> None:
    for turn, (_, kind) in enumerate(case for case in CASES if case[0] == number):
        await _prove(world, OPERATIONS[number], KINDS[kind], f"o{number}k{kind}t{turn}")


async def _prove(world: Systems, operation: Operation, kind: Kind, name: str) -> None:
    case = f"{operation.name}, {kind.name}"
    for call in operation.before(name):
        answer = await _sent(world, call)
        assert answer.is_success, (case, answer.text)
        if operation.service == "neon":
            await world.by_name["neon"].holdings()
    before = await world.by_name[operation.service].holdings()

    seen, line = await _faulted(world, operation, kind, name)

    after = await world.by_name[operation.service].holdings()
    mutating = operation.changes is not None
    expected_change = kind.carried_out and mutating
    assert changed(operation, name, before, after) == expected_change, case
    assert line["action"] == kind.action, case
    assert (line["operation"], line["caller"], line["mutating"]) == (operation.operation, "portal", mutating)
    _judge(operation, kind, seen, line, case)
    await _again(world, operation, kind, name, case)


def _judge(operation: Operation, kind: Kind, seen: httpx.Response | None, line: Any, case: str) -> None:
    """What the caller saw is what the log says, and what such a fault looks like."""
    good = operation.call("x").good
    if seen is None:
        assert kind.seen == LOST, case
        assert line["status"] == (good if kind.carried_out else 0), case
        return
    assert line["status"] == seen.status_code, case
    if kind.seen == REFUSED and not (kind.action is Action.GONE and operation.stream):
        usual = {Action.STATUS: kind.status, Action.GONE: 410, Action.THROTTLE: 503}[kind.action]
        assert seen.status_code == REFUSALS.get((operation.service, kind.action), usual), case
        return
    empty = kind.action is Action.TRUNCATE and not seen.content
    assert kind.seen == ANSWERED or empty or operation.stream, case
    assert seen.status_code == good, case
    if kind.action is Action.GONE:
        assert b'"type":"ERROR"' in seen.content, case
        assert b'"code":410' in seen.content, case


async def _faulted(
    world: Systems, operation: Operation, kind: Kind, name: str
) -> tuple[httpx.Response | None, Any]:
    """The answer, if there was a whole one, and the line of the log."""
    rule = Rule(operation.service, operation.operation, kind.action, nth=1, status=kind.status, seconds=2)
    posted = world.faults.add(rule)
    calling = asyncio.create_task(_sent(world, operation.call(name)))
    try:
        if kind.action is Action.HANG:
            await until(lambda: posted.struck)
        elif kind.action is Action.HANG_AFTER:
            await world.recorded(posted.id)
        else:
            await asyncio.wait({calling})
        if not calling.done():
            calling.cancel()
            await asyncio.wait({calling})
            return None, await world.recorded(posted.id)
        try:
            seen = calling.result()
        except httpx.TransportError:
            return None, await world.recorded(posted.id)
        return seen, await world.recorded(posted.id)
    finally:
        world.faults.remove(posted.id)


async def _again(world: Systems, operation: Operation, kind: Kind, name: str, case: str) -> None:
    """The same call, undisturbed: new where it had not been carried out, repeated where it had."""
    answer = await _sent(world, operation.call(name))
    mutating = operation.changes is not None
    status, word = operation.again if kind.carried_out or not mutating else (operation.call(name).good, "")
    assert answer.status_code == status, (case, answer.text)
    assert word in answer.text, (case, answer.text)
    await world.by_name[operation.service].empty()
