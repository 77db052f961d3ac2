"""Back to what was stored once: watchers see how, and nothing in between."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.kube.storage.restoring import remember, restore
from simulator.kube.storage.store import Store
from tests.simulator.kube.conftest import Cluster
from tests.simulator.kube.test_watching import MAPS, config_map, watching

MAP = ("", "configmaps")
NAMES = st.sampled_from("abcde")
Changes = list[tuple[str, int | None]]
CHANGES = st.lists(st.tuples(NAMES, st.none() | st.integers(0, 3)), max_size=12)


def _change(store: Store, changes: Changes) -> None:
    """Write what has a number, remove what has none."""
    for name, number in changes:
        held = store.collection(*MAP).items.get(f"default/{name}")
        if number is not None:
            store.write(MAP, {"metadata": {"namespace": "default", "name": name}, "data": {"n": str(number)}})
        elif held is not None:
            store.remove(MAP, held)


def _content(store: Store) -> dict[str, object]:
    return {key: held.value["data"] for key, held in store.collection(*MAP).items.items()}


@given(CHANGES, CHANGES)
def test_whatever_happened_is_undone(before: Changes, after: Changes) -> None:
    store = Store()
    _change(store, before)
    first, version, snapshot = _content(store), store.rv, remember(store)
    _change(store, after)
    restore(store, snapshot)
    assert _content(store) == first
    again = store.rv
    restore(store, snapshot)
    assert store.rv >= again >= version


@given(CHANGES)
def test_nothing_is_written_where_nothing_changed(before: Changes) -> None:
    store = Store()
    _change(store, before)
    version = store.rv
    restore(store, remember(store))
    assert store.rv == version


async def test_an_open_watch_sees_the_way_back(cluster: Cluster) -> None:
    await cluster.create(MAPS, config_map("kept"))
    await cluster.create(MAPS, config_map("changed"))
    snapshot = cluster.server.remember()
    version = (await cluster.get(MAPS))["metadata"]["resourceVersion"]
    async with watching(cluster, resourceVersion=version) as events:
        await cluster.http.delete(f"{MAPS}/kept")
        await cluster.create(MAPS, config_map("new"))
        await cluster.http.delete(f"{MAPS}/changed")
        await cluster.create(MAPS, config_map("changed", other="yes"))
        assert len(await events.seen(4)) == 4
        cluster.server.restore(snapshot)
        assert set(await events.seen(3)) == {("DELETED", "new"), ("ADDED", "kept"), ("MODIFIED", "changed")}
    names = [item["metadata"]["name"] for item in (await cluster.get(MAPS, labelSelector="mine"))["items"]]
    assert names == ["changed", "kept"]


async def test_finalizers_and_namespaces_hold_nothing_up(cluster: Cluster) -> None:
    snapshot = cluster.server.remember()
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tenant"}}
    await cluster.create("/api/v1/namespaces", namespace)
    held = config_map("held")
    held["metadata"]["finalizers"] = ["example.org/never"]
    await cluster.create("/api/v1/namespaces/tenant/configmaps", held)
    cluster.server.restore(snapshot)
    assert (await cluster.http.get("/api/v1/namespaces/tenant")).status_code == 404
    assert (await cluster.get("/api/v1/configmaps", labelSelector="mine"))["items"] == []
