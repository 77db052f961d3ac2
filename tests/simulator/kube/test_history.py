"""The history of a collection is bounded by number and by room, and tells where it begins."""

import pytest

from simulator.kube.storage.store import HISTORY_BYTES, Store, TooOld

MAPS = ("", "configmaps")
LARGE = "x" * (1 << 20)


def _write(store: Store, times: int) -> list[int]:
    metadata = {"name": "a", "namespace": "default"}
    return [store.write(MAPS, {"metadata": dict(metadata), "data": {"k": LARGE}}).rv for _ in range(times)]


def test_large_objects_shorten_the_history_and_their_last_states_stay() -> None:
    store = Store()
    versions = _write(store, 100)
    collection = store.collection(*MAPS)
    with pytest.raises(TooOld) as lost:
        collection.position(versions[0])
    kept = collection.since(collection.position(lost.value.oldest))
    assert versions[-1] == kept[-1].rv
    assert len(LARGE) * 8 < sum(len(event.stored.body) for event in kept) <= HISTORY_BYTES


def test_a_version_within_the_history_is_rebuilt() -> None:
    store = Store()
    versions = _write(store, 40)
    (then,) = store.collection(*MAPS).snapshot(versions[-2], "default")
    assert then.rv == versions[-2]
