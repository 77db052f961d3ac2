"""Objects in memory: the resourceVersion counter, a collection for each resource, and its recent history."""

import asyncio
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import orjson

from simulator.kube.status import Object

HISTORY: Final = 4096
HISTORY_BYTES: Final = 32 << 20
"""How many changes of one resource are kept at least, unless they take more room than this."""
DECODED: Final = 512
"""How many values are kept beside their bytes, which take a fifth of the memory."""


class Stored:
    """One state of one object, without apiVersion and kind, as the bytes it was encoded to.

    Its value stays decoded while it is among the last ones asked for, and is never changed.
    """

    __slots__ = ("_value", "body", "key", "rv")

    def __init__(self, key: str, rv: int, value: Object, body: bytes) -> None:
        self.key = key
        self.rv = rv
        self.body = body
        self._value: Object | None = value
        _keep(self)

    @property
    def value(self) -> Object:
        found = self._value
        if found is None:
            found = self._value = orjson.loads(self.body)
            _keep(self)
        return found

    @property
    def namespace(self) -> str:
        return self.key.partition("/")[0]

    @property
    def name(self) -> str:
        return self.key.partition("/")[2]

    @property
    def metadata(self) -> Object:
        metadata: Object = self.value["metadata"]
        return metadata

    def forget(self) -> None:
        """Have the value decoded again when it is asked for next."""
        self._value = None


_decoded: Final[deque[Stored]] = deque()


def _keep(stored: Stored) -> None:
    _decoded.append(stored)
    if len(_decoded) > DECODED:
        _decoded.popleft().forget()


class Event:
    """One committed change. A deletion's `stored` is the last state under the deletion's resourceVersion."""

    __slots__ = ("lines", "previous", "rv", "stored", "type")

    def __init__(self, kind: str, stored: Stored, previous: Stored | None) -> None:
        self.type = kind
        self.stored = stored
        self.previous = previous
        self.rv = stored.rv
        self.lines: dict[bytes, bytes] | None = None


def as_of(stored: Stored, rv: int) -> Stored:
    """The same state under another resourceVersion."""
    value = {**stored.value, "metadata": {**stored.metadata, "resourceVersion": str(rv)}}
    return Stored(stored.key, rv, value, orjson.dumps(value))


class TooOld(Exception):
    """The history no longer reaches back to the wanted resourceVersion."""

    def __init__(self, oldest: int) -> None:
        super().__init__(f"history starts at {oldest}")
        self.oldest = oldest


class Collection:
    """All objects of one resource, in key order, with a ring of the changes that led here."""

    def __init__(self, history: int = HISTORY) -> None:
        self.items: dict[str, Stored] = {}
        self.order: list[str] = []
        self._events: list[Event] = []
        self._bytes = 0
        self._first = 0
        self._forgotten_rv = 0
        self._history = history
        self._waiters: set[asyncio.Future[None]] = set()

    def get(self, namespace: str, name: str) -> Stored | None:
        return self.items.get(f"{namespace}/{name}")

    def keys(self, namespace: str) -> list[str]:
        """The keys of one namespace, or of all when it is empty, in order."""
        if not namespace:
            return self.order
        low, high = bisect_left(self.order, f"{namespace}/"), bisect_left(self.order, f"{namespace}0")
        return self.order[low:high]

    def scan(self, namespace: str = "") -> Iterator[Stored]:
        items = self.items
        return (items[key] for key in self.keys(namespace))

    def snapshot(self, rv: int, namespace: str) -> list[Stored]:
        """The objects as they were at `rv`, in key order; raises TooOld."""
        later = self._events[self.position(rv) - self._first :]
        if not later:
            return list(self.scan(namespace))
        past = {stored.key: stored for stored in self.scan(namespace)}
        prefix = f"{namespace}/" if namespace else ""
        for event in reversed(later):
            key = event.stored.key
            if not key.startswith(prefix):
                continue
            if event.previous is None:
                past.pop(key, None)
            else:
                past[key] = event.previous
        return [past[key] for key in sorted(past)]

    def commit(self, event: Event) -> None:
        """Make one change visible to readers and wake the watchers."""
        key = event.stored.key
        if event.type == "DELETED":
            del self.items[key]
            del self.order[bisect_left(self.order, key)]
        else:
            if event.previous is None:
                insort(self.order, key)
            self.items[key] = event.stored
        self._events.append(event)
        self._bytes += len(event.stored.body)
        if len(self._events) >= 2 * self._history or self._bytes > HISTORY_BYTES:
            self._forget()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    def _forget(self) -> None:
        """Let go of the oldest changes, down to the usual number or half of the room."""
        cut = max(0, len(self._events) - self._history)
        left = self._bytes - sum(len(event.stored.body) for event in self._events[:cut])
        while left > HISTORY_BYTES // 2 and cut < len(self._events) - 1:
            left -= len(self._events[cut].stored.body)
            cut += 1
        self._forgotten_rv = self._events[cut - 1].rv
        del self._events[:cut]
        self._first, self._bytes = self._first + cut, left

    @property
    def end(self) -> int:
        """The position after the newest event."""
        return self._first + len(self._events)

    def position(self, rv: int) -> int:
        """The position of the first event after `rv`; raises TooOld when it is forgotten."""
        if rv < self._forgotten_rv:
            raise TooOld(self._events[0].rv if self._events else self._forgotten_rv)
        return self._first + bisect_right(self._events, rv, key=lambda event: event.rv)

    def since(self, position: int) -> list[Event]:
        """The events from a position on; raises TooOld when the ring has passed it."""
        if position < self._first:
            raise TooOld(self._events[0].rv)
        return self._events[position - self._first :]

    def changed(self) -> "asyncio.Future[None]":
        """A future that is done at the next commit."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        waiter.add_done_callback(self._waiters.discard)
        return waiter


class Store:
    """Every collection, under one resourceVersion counter."""

    def __init__(self, history: int = HISTORY) -> None:
        self.rv = 1
        self.listeners: list[Callable[[tuple[str, str], Event], None]] = []
        self._history = history
        self._collections: dict[tuple[str, str], Collection] = {}

    def collection(self, group: str, plural: str) -> Collection:
        key = (group, plural)
        found = self._collections.get(key)
        if found is None:
            found = self._collections[key] = Collection(self._history)
        return found

    def collections(self) -> dict[tuple[str, str], Collection]:
        """Every collection there is, by group and plural."""
        return dict(self._collections)

    def write(self, where: tuple[str, str], value: Object) -> Stored:
        """Store a new state of an object under a new resourceVersion; the store owns `value` from now on."""
        collection = self.collection(*where)
        stored = self._stamp(value)
        previous = collection.items.get(stored.key)
        self._commit(where, Event("MODIFIED" if previous else "ADDED", stored, previous))
        return stored

    def remove(self, where: tuple[str, str], previous: Stored, last: Object | None = None) -> Stored:
        """Delete an object; answers its last state, as given or as it was, under the deletion's version."""
        last = last or previous.value
        stored = self._stamp({**last, "metadata": dict(last["metadata"])})
        self._commit(where, Event("DELETED", stored, previous))
        return stored

    def _stamp(self, value: Object) -> Stored:
        self.rv += 1
        metadata = value["metadata"]
        metadata["resourceVersion"] = str(self.rv)
        key = f"{metadata.get('namespace', '')}/{metadata['name']}"
        # The encoder's own buffer was grown by doubling; what it did not need would stay with it.
        return Stored(key, self.rv, value, bytes(memoryview(orjson.dumps(value))))

    def _commit(self, where: tuple[str, str], event: Event) -> None:
        self.collection(*where).commit(event)
        for listener in self.listeners:
            listener(where, event)
