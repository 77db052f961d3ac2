"""A live copy of one kind: list, then watch, and again from a list when the watch has lost its place."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass

from simulator.clock import Clock
from simulator.controllers.api import Api, Listing, WatchEvent
from simulator.controllers.errors import ApiError, Expired
from simulator.controllers.kinds import Kind, Object, name_of, namespace_of, uid_of, version_of

Key = tuple[str, str]
"""Namespace (empty for cluster scope) and name."""

FIRST_DELAY = 0.2
LAST_DELAY = 10.0

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one object: `old` is None when it is new, `new` is None when it is gone."""

    key: Key
    old: Object | None
    new: Object | None


def key_of(obj: Object) -> Key:
    return namespace_of(obj), name_of(obj)


class Informer:
    """The objects of a kind as last seen; treat them as read-only. `synced` is set after the first list."""

    def __init__(
        self, api: Api, clock: Clock, kind: Kind, *, namespace: str = "", labels: str = "", fields: str = ""
    ) -> None:
        self.kind = kind
        self.synced = asyncio.Event()
        self._api = api
        self._clock = clock
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._objects: dict[str, dict[str, Object]] = {}
        self._handlers: list[Callable[[Change], None]] = []
        self._version = ""
        self._failures = 0
        self._behind: list[tuple[int, asyncio.Future[None]]] = []

    def on_change(self, handler: Callable[[Change], None]) -> None:
        """Call `handler` for every later change, and now once for each object already known."""
        self._handlers.append(handler)
        for obj in self:
            handler(Change(key_of(obj), None, obj))

    def get(self, name: str, namespace: str = "") -> Object | None:
        return self._objects.get(namespace, {}).get(name)

    def of(self, namespace: str) -> list[Object]:
        """All in one namespace."""
        return list(self._objects.get(namespace, {}).values())

    def __iter__(self) -> Iterator[Object]:
        return iter([obj for of_one in self._objects.values() for obj in of_one.values()])

    def __len__(self) -> int:
        return sum(map(len, self._objects.values()))

    def take_note(self, obj: Object) -> Object:
        """Have what a write was answered with at hand before the watch brings it; returns it.

        Nothing is done when the watch has come past it already: the object may have changed or gone since.
        """
        version = version_of(obj)
        if version.isdigit() and int(version) > self._seen():
            known = self.get(*reversed(key_of(obj)))
            if known is None or _newer(obj, known):
                self._change(key_of(obj), obj)
        return obj

    def has_seen(self, version: str) -> bool:
        """Whether a write answered with this resourceVersion has been seen, as far as can be told."""
        return not version.isdigit() or self._seen() >= int(version)

    async def caught_up(self, version: str) -> None:
        """Wait until a write that was answered with this resourceVersion has been seen."""
        if self.has_seen(version):
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._behind.append((int(version), future))
        await future

    def _seen(self) -> int:
        return int(self._version) if self._version.isdigit() else 0

    def _advance(self, version: str) -> None:
        self._version = version
        seen = self._seen()
        for waited, future in self._behind:
            if waited <= seen and not future.done():
                future.set_result(None)
        self._behind = [(waited, future) for waited, future in self._behind if not future.done()]

    async def run(self) -> None:
        """Stay current until cancelled; every failure is waited out and retried."""
        while True:
            try:
                if not self._version:
                    self._replace(await self._list())
                await self._follow()
            except Expired:
                self._version = ""
            except ApiError as exc:
                _LOG.warning("watching %s: %s", self.kind.plural, exc)
                await self._clock.sleep(min(LAST_DELAY, FIRST_DELAY * 2**self._failures))
                self._failures = min(self._failures + 1, 16)

    async def _list(self) -> Listing:
        return await self._api.list(self.kind, self._namespace, labels=self._labels, fields=self._fields)

    async def _follow(self) -> None:
        stream = self._api.watch(
            self.kind, self._namespace, version=self._version, labels=self._labels, fields=self._fields
        )
        started = self._clock.monotonic()
        async with aclosing(stream) as events:
            async for event in events:
                self._failures = 0
                self._take(event)
        if self._clock.monotonic() - started < FIRST_DELAY:
            await self._clock.sleep(FIRST_DELAY)

    def _take(self, event: WatchEvent) -> None:
        if event.type == "ERROR":
            self._version = ""
            raise ApiError.of(int(event.object.get("code", 500)), event.object)
        if event.type == "DELETED":
            self._change(key_of(event.object), None)
        elif event.type != "BOOKMARK" and self._is_news(event.object):
            self._change(key_of(event.object), event.object)
        self._advance(version_of(event.object))

    def _is_news(self, obj: Object) -> bool:
        """Whether it is not what an answer has told already."""
        known = self.get(*reversed(key_of(obj)))
        return known is None or uid_of(known) != uid_of(obj) or _newer(obj, known)

    def _replace(self, listing: Listing) -> None:
        fresh = {key_of(item): item for item in listing.items}
        for key in [key for key in map(key_of, self) if key not in fresh]:
            self._change(key, None)
        for key, obj in fresh.items():
            old = self.get(*reversed(key))
            if old is not None and uid_of(old) != uid_of(obj):
                self._change(key, None)
            if old is None or version_of(old) != version_of(obj):
                self._change(key, obj)
        self._failures = 0
        self.synced.set()
        self._advance(listing.version)

    def _change(self, key: Key, new: Object | None) -> None:
        namespace, name = key
        old = self._objects.get(namespace, {}).pop(name, None)
        if new is not None:
            self._objects.setdefault(namespace, {})[name] = new
        elif namespace in self._objects and not self._objects[namespace]:
            del self._objects[namespace]
        if old is None and new is None:
            return
        change = Change(key, old, new)
        for handler in self._handlers:
            handler(change)


def latest(known: Object, obj: Object) -> Object:
    """Of two states of an object the newer one, the second where that cannot be told."""
    return obj if uid_of(obj) != uid_of(known) or _newer(obj, known) else known


def _newer(obj: Object, known: Object) -> bool:
    """By resourceVersion where both are numbers; otherwise whatever comes later is newer."""
    fresh, old = version_of(obj), version_of(known)
    return int(fresh) > int(old) if fresh.isdigit() and old.isdigit() else fresh != old
