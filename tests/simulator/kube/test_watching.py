"""Watches: from where they start, what they show, how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import orjson

from simulator.clock import WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.server import KubeServer
from tests.simulator.kube.conftest import Body, Cluster

MAPS = "/api/v1/namespaces/default/configmaps"
OWN = {"labelSelector": "mine"}


def config_map(name: str, **labels: str) -> Body:
    metadata = {"name": name, "labels": {"mine": "", **labels}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


class Events:
    """The events of one watch, in order."""

    def __init__(self, answer: httpx.Response) -> None:
        self._lines = answer.aiter_lines()

    async def next(self) -> Any:
        async with asyncio.timeout(20):
            return orjson.loads(await anext(self._lines))

    async def seen(self, count: int) -> list[tuple[str, str]]:
        events = [await self.next() for _ in range(count)]
        return [(event["type"], event["object"]["metadata"].get("name", "")) for event in events]


@asynccontextmanager
async def watching(
    cluster: Cluster, path: str = MAPS, accept: str = "*/*", **query: str
) -> AsyncIterator[Events]:
    params = {"watch": "1", "timeoutSeconds": "30", **OWN, **query}
    async with cluster.http.stream("GET", path, params=params, headers={"Accept": accept}) as answer:
        assert answer.status_code == 200
        yield Events(answer)


async def test_a_watch_without_a_version_starts_with_what_is_there(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a"))
    async with watching(cluster) as events:
        assert await events.seen(1) == [("ADDED", "a")]
        await cluster.patch(f"{MAPS}/a", {"data": {"k": "v"}})
        await cluster.http.delete(f"{MAPS}/a")
        assert await events.seen(2) == [("MODIFIED", "a"), ("DELETED", "a")]


async def test_a_list_and_a_watch_from_its_version_miss_nothing_and_repeat_nothing(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("before"))
    version = (await cluster.get(MAPS))["metadata"]["resourceVersion"]
    await cluster.create(MAPS, config_map("between"))
    async with watching(cluster, resourceVersion=version) as events:
        assert await events.seen(1) == [("ADDED", "between")]
        await cluster.create(MAPS, config_map("after"))
        assert await events.seen(1) == [("ADDED", "after")]


async def test_an_object_that_leaves_the_selector_is_deleted_for_the_watcher(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a", tier="front"))
    async with watching(cluster, labelSelector="tier=front") as events:
        assert await events.seen(1) == [("ADDED", "a")]
        left = await cluster.patch(f"{MAPS}/a", {"metadata": {"labels": {"tier": "back"}}})
        event = await events.next()
        assert event["type"] == "DELETED"
        assert event["object"]["metadata"]["resourceVersion"] == left.json()["metadata"]["resourceVersion"]
        assert event["object"]["metadata"]["labels"]["tier"] == "front"
        await cluster.patch(f"{MAPS}/a", {"metadata": {"labels": {"tier": "front"}}})
        assert await events.seen(1) == [("ADDED", "a")]


async def test_initial_events_end_with_an_annotated_bookmark(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a"))
    query = {
        "sendInitialEvents": "true",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }
    async with watching(cluster, **query) as events:
        assert await events.seen(1) == [("ADDED", "a")]
        mark = await events.next()
        assert mark["type"] == "BOOKMARK"
        assert mark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_initial_events_need_a_version_match(cluster: Cluster) -> None:
    answer = await cluster.http.get(MAPS, params={"watch": "1", "sendInitialEvents": "true"})
    assert answer.status_code == 422


async def test_a_table_watch_names_its_columns_once(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("a"))
    await cluster.create(MAPS, config_map("b"))
    async with watching(cluster, accept="application/json;as=Table;v=v1;g=meta.k8s.io") as events:
        first, second = await events.next(), await events.next()
    assert [one["name"] for one in first["object"]["columnDefinitions"]] == ["Name", "Data", "Age"]
    assert second["object"]["columnDefinitions"] is None
    assert second["object"]["rows"][0]["cells"][0] == "b"


async def test_a_watch_of_one_namespace_does_not_see_another(cluster: Cluster) -> None:
    async with watching(cluster) as events:
        await cluster.create("/api/v1/namespaces/kube-public/configmaps", config_map("other"))
        await cluster.create(MAPS, config_map("own"))
        assert await events.seen(1) == [("ADDED", "own")]


async def test_a_watch_ends_when_its_time_is_up(cluster: Cluster) -> None:
    async with watching(cluster, timeoutSeconds="1", allowWatchBookmarks="true") as events:
        assert (await events.next())["type"] == "BOOKMARK"
        assert [event async for event in events._lines] == []


async def test_a_version_the_history_has_lost_is_an_error_event() -> None:
    server = KubeServer(WallClock(), {"t": Identity("u")}, history=4)
    headers = {"Authorization": "Bearer t"}
    transport = httpx.ASGITransport(server.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://kube", headers=headers) as client:
        for number in range(20):
            answer = await client.post(MAPS, json=config_map(f"c{number}"))
            assert answer.status_code == 201
        lost = await client.get(MAPS, params={"watch": "1", "resourceVersion": "1"})
        listed = await client.get(MAPS, params={"resourceVersion": "1", "resourceVersionMatch": "Exact"})
    await server.close()
    event = orjson.loads(lost.text)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")
    assert (listed.status_code, listed.json()["reason"]) == (410, "Expired")


async def test_pages_of_a_list_show_one_state_whatever_is_written_between_them(cluster: Cluster) -> None:
    for name in "abcd":
        await cluster.create(MAPS, config_map(name))
    first = await cluster.get(MAPS, limit="2", **OWN)
    await cluster.http.delete(f"{MAPS}/c")
    await cluster.create(MAPS, config_map("bb"))
    second = await cluster.get(MAPS, limit="2", **OWN, **{"continue": first["metadata"]["continue"]})
    names = [item["metadata"]["name"] for page in (first, second) for item in page["items"]]
    assert names == ["a", "b", "c", "d"]
    assert "continue" not in second["metadata"]
