"""The whole content of the store as it was once, and the way back to it, told to watchers as changes."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from simulator.kube.storage.store import Store, Stored

_Where = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every object of every collection, as it was encoded."""

    objects: Mapping[_Where, Mapping[str, Stored]]


def remember(store: Store) -> Snapshot:
    """What the store holds now."""
    return Snapshot({where: dict(collection.items) for where, collection in store.collections().items()})


def restore(store: Store, snapshot: Snapshot) -> None:
    """Remove what was not there and write what was, in one step that nobody can come between.

    Finalizers hold nothing up. Versions go on rising, so a watch that is open sees every change.
    """
    for where, collection in store.collections().items():
        then = snapshot.objects.get(where, {})
        for stored in [item for key, item in collection.items.items() if key not in then]:
            store.remove(where, stored)
    for where, then in snapshot.objects.items():
        now = store.collection(*where).items
        for key, stored in then.items():
            if key not in now or now[key].body != stored.body:
                store.write(where, orjson.loads(stored.body))
