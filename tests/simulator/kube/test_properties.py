"""What holds whatever is written: applies, watches, concurrent writers, snapshots."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from simulator.kube.storage.store import Store
from tests.simulator.kube.bodies import GOOD, good, spoilt
from tests.simulator.kube.conftest import Body

MAPS = "/api/v1/namespaces/default/configmaps"
APPLY = {"Content-Type": "application/apply-patch+yaml"}
KINDS = ("ConfigMap", "Deployment", "Pod", "Service", "Role", "Box", "Secret", "Ingress")
WRITERS, ROUNDS = 32, 5
quick = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
ACTIONS = st.sampled_from(["create", "patch", "label", "delete"])
Writes = st.lists(st.tuples(ACTIONS, st.sampled_from("abcd"), st.integers(0, 3)), max_size=30)


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[KubeServer, httpx.AsyncClient]]:
    """A server without a socket, and its administrator."""
    identities = {"t": Identity("a", ("system:masters",))}
    server = KubeServer(WallClock(), identities, wire=WallClock(speed=100), seed=1)
    headers = {"Authorization": "Bearer t"}
    transport = httpx.ASGITransport(server.app)
    async with (
        server.running(),
        httpx.AsyncClient(transport=transport, base_url="http://kube", headers=headers) as client,
    ):
        yield server, client
    await server.close()


@st.composite
def configurations(draw: st.DrawFn) -> tuple[str, Body]:
    """Path of a collection and an object of it, often one nobody would write."""
    kind = draw(st.sampled_from(KINDS))
    body = good(kind)
    return GOOD[kind][0], {
        **body,
        **spoilt(draw, {key: body[key] for key in body if key in {"spec", "data"}}),
    }


@quick
@given(configurations())
def test_what_is_applied_twice_is_as_if_applied_once(drawn: tuple[str, Body]) -> None:
    path, body = drawn

    async def run() -> None:
        async with serving() as (_, client):
            await client.post(GOOD["CustomResourceDefinition"][0], json=good("CustomResourceDefinition"))
            query = {"fieldManager": "m"}
            content = json.dumps(body).encode()
            first, second = [
                await client.patch(f"{path}/a", content=content, headers=APPLY, params=query)
                for _ in range(2)
            ]
            if first.status_code == 201:
                assert (second.status_code, second.json()) == (200, first.json())
            else:
                assert (second.status_code, second.json()) == (first.status_code, first.json())

    asyncio.run(run())


async def _carry_out(client: httpx.AsyncClient, action: str, name: str, value: int) -> None:
    merge = {"Content-Type": "application/merge-patch+json"}
    if action == "create":
        body = {"metadata": {"name": name, "labels": {"odd": str(value % 2)}}, "data": {"n": str(value)}}
        await client.post(MAPS, json=body)
    elif action == "delete":
        await client.delete(f"{MAPS}/{name}")
    else:
        patch: Body = {"data": {"n": str(value)}}
        if action == "label":
            patch = {"metadata": {"labels": {"odd": str(value % 2)}}}
        await client.patch(f"{MAPS}/{name}", content=orjson.dumps(patch), headers=merge)


@quick
@given(Writes, st.sampled_from(["", "odd=1", "odd!=1", "odd in (0),odd"]), st.randoms(use_true_random=False))
def test_a_watch_from_any_version_rebuilds_the_list(
    writes: list[tuple[str, str, int]], selector: str, chance: random.Random
) -> None:
    async def run() -> None:
        async with serving() as (_, client):
            query = {"labelSelector": selector} if selector else {}
            lists = [(await client.get(MAPS, params=query)).json()]
            for write in writes:
                await _carry_out(client, *write)
                lists.append((await client.get(MAPS, params=query)).json())
            start = chance.choice(lists)
            known = {item["metadata"]["name"]: item for item in start["items"]}
            follow = {
                **query,
                "watch": "1",
                "timeoutSeconds": "1",
                "resourceVersion": start["metadata"]["resourceVersion"],
            }
            for line in await _events(client, follow, until=lists[-1]["metadata"]["resourceVersion"]):
                found = line["object"]
                name = found["metadata"]["name"]
                del found["kind"], found["apiVersion"]
                if line["type"] == "DELETED":
                    assert name in known
                    del known[name]
                else:
                    assert (name in known) == (line["type"] == "MODIFIED")
                    known[name] = found
            assert sorted(known.values(), key=_name) == lists[-1]["items"]

    asyncio.run(run())


def _name(item: Body) -> str:
    return str(item["metadata"]["name"])


async def _events(client: httpx.AsyncClient, query: dict[str, str], until: str) -> list[Any]:
    """The events of a watch that has ended, none later than a version."""
    answer = await client.get(MAPS, params=query)
    events = [orjson.loads(line) for line in answer.text.splitlines()]
    return [one for one in events if int(one["object"]["metadata"]["resourceVersion"]) <= int(until)]


async def test_no_update_is_lost_among_writers_who_mind_the_version() -> None:
    async with serving() as (_, client):
        await client.post(MAPS, json={"metadata": {"name": "sum"}, "data": {"n": "0"}})
        conflicts = 0

        async def add() -> None:
            nonlocal conflicts
            done = 0
            while done < ROUNDS:
                found = (await client.get(f"{MAPS}/sum")).json()
                await asyncio.sleep(0)
                found["data"]["n"] = str(int(found["data"]["n"]) + 1)
                answer = await client.put(f"{MAPS}/sum", json=found)
                assert answer.status_code in {200, 409}
                done += answer.status_code == 200
                conflicts += answer.status_code == 409

        async with asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(add())
        assert (await client.get(f"{MAPS}/sum")).json()["data"] == {"n": str(WRITERS * ROUNDS)}
        assert conflicts


def _held(store: Store) -> dict[tuple[str, str], dict[str, Body]]:
    """Everything stored, but for the versions, which go on rising."""
    held: dict[tuple[str, str], dict[str, Body]] = {}
    for where, collection in store.collections().items():
        for key, stored in collection.items.items():
            value = orjson.loads(stored.body)
            del value["metadata"]["resourceVersion"]
            held.setdefault(where, {})[key] = value
    return held


@quick
@given(Writes, Writes)
def test_restoring_a_snapshot_gives_back_exactly_what_it_held(
    before: list[tuple[str, str, int]], after: list[tuple[str, str, int]]
) -> None:
    async def run() -> None:
        async with serving() as (server, client):
            for write in before:
                await _carry_out(client, *write)
            snapshot, held = server.remember(), _held(server.store)
            for write in after:
                await _carry_out(client, *write)
            server.restore(snapshot)
            assert _held(server.store) == held
            server.restore(server.remember())
            assert _held(server.store) == held

    asyncio.run(run())
