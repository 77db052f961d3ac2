"""Watch: the events of one resource from a resourceVersion on, in the form the client asked for."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus
from typing import Final

import orjson

from simulator.kube.encoding.forms import Form
from simulator.kube.status import Object, Refusal, internal
from simulator.kube.storage.store import Event, Store, Stored, TooOld, as_of
from simulator.kube.tables.table import layout, partial, row, table
from simulator.kube.verbs.call import Call, Clocks, Target
from simulator.kube.verbs.options import number
from simulator.kube.verbs.reading import select

BOOKMARK_SECONDS: Final = 60.0
DEFAULT_SECONDS: Final = 1800.0
PIECE_BYTES: Final = 64 * 1024
_BEFORE_END: Final = 2.0
_INITIAL_END: Final = {"k8s.io/initial-events-end": "true"}


class Watch:
    """One client's watch; everything that can be refused is refused when it is made."""

    def __init__(self, store: Store, clocks: Clocks, target: Target, call: Call, form: Form) -> None:
        self._store = store
        self._clock = clocks.wire
        self._world = clocks.world
        self._target = target
        self._form = form
        self._include = call.query.get("includeObject", "")
        self._columns_sent = False
        self._collection = store.collection(*target.resource.storage)
        self._matches = select(target, call)
        self._prefix = f"{target.namespace}/" if target.namespace else ""
        self._bookmarks = call.flag("allowWatchBookmarks")
        self._seconds = max(0, number(call.query.get("timeoutSeconds", ""))) or DEFAULT_SECONDS
        self._rv = _version(call.query.get("resourceVersion", ""))
        self._initial = self._wants_initial(call)
        self._announce = call.flag("sendInitialEvents")

    def _wants_initial(self, call: Call) -> bool:
        asked = call.query.get("sendInitialEvents")
        return self._rv == 0 if asked is None else call.flag("sendInitialEvents")

    async def lines(self) -> AsyncIterator[bytes]:
        """JSON lines until the time is up or the history is lost."""
        position = self._collection.end
        latest = self._store.rv
        if self._initial:
            for chunk in self._present():
                yield chunk
            if self._announce and self._bookmarks:
                yield self._bookmark(latest, _INITIAL_END)
        elif self._rv:
            try:
                position = self._collection.position(self._rv)
            except TooOld as exc:
                yield self._too_old(exc)
                return
        async for chunk in self._follow(position):
            yield chunk

    def _present(self) -> Iterable[bytes]:
        present = list(self._collection.scan(self._target.namespace))
        matches = self._matches
        return _pieces(self._line("ADDED", one) for one in present if matches is None or matches(one.value))

    async def _follow(self, position: int) -> AsyncIterator[bytes]:
        start = self._clock.monotonic()
        end = start + self._seconds
        bookmark = min(start + BOOKMARK_SECONDS, max(start, end - _BEFORE_END))
        while True:
            try:
                events = self._collection.since(position)
            except TooOld as exc:
                yield self._too_old(exc)
                return
            position += len(events)
            for piece in _pieces(self._event(event) for event in events if event.rv > self._rv):
                yield piece
            now = self._clock.monotonic()
            if now >= end:
                return
            if now >= bookmark:
                bookmark = now + BOOKMARK_SECONDS
                if self._bookmarks:
                    yield self._bookmark(self._store.rv, None)
            if position == self._collection.end:
                await self._wait(min(bookmark, end) - now)

    async def _wait(self, seconds: float) -> None:
        """Until the next commit, or that long."""
        changed = self._collection.changed()
        timer = asyncio.ensure_future(self._clock.sleep(max(0.0, seconds)))
        try:
            await asyncio.wait({changed, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            changed.cancel()

    def _event(self, event: Event) -> bytes:
        """One event as this watcher sees it: an object that leaves its selector is deleted for it."""
        stored, previous = event.stored, event.previous
        if self._prefix and not stored.key.startswith(self._prefix):
            return b""
        kind = event.type
        if self._matches is not None:
            before = previous is not None and self._matches(previous.value)
            after = event.type != "DELETED" and self._matches(stored.value)
            if not before and not after:
                return b""
            kind = "DELETED" if not after else "MODIFIED" if before else "ADDED"
            if kind == "DELETED" and event.type != "DELETED" and previous is not None:
                stored = as_of(previous, event.rv)
        if self._form.shape or kind != event.type:
            return self._line(kind, stored)
        prefix = self._target.resource.prefix
        lines = event.lines
        if lines is None:
            lines = event.lines = {}
        line = lines.get(prefix)
        if line is None:
            line = lines[prefix] = self._line(kind, stored)
        return line

    def _line(self, kind: str, stored: Stored) -> bytes:
        return b'{"type":"%s","object":%s}\n' % (kind.encode(), self._object(stored))

    def _object(self, stored: Stored) -> bytes:
        if self._form.shape == "Table":
            columns, fill = layout(self._target.resource)
            include, now, version = self._include, self._world.now(), self._form.version
            one = row(self._target.resource, stored.value, fill, now, include, version=version)
            shown = None if self._columns_sent else columns
            self._columns_sent = True
            metadata = {"resourceVersion": stored.metadata["resourceVersion"]}
            return orjson.dumps(table(shown, [one], metadata, version))
        if self._form.shape:
            return orjson.dumps(partial(stored.value, self._form.version))
        return self._target.resource.render(stored.body)

    def _bookmark(self, rv: int, annotations: Object | None) -> bytes:
        resource = self._target.resource
        metadata: Object = {"resourceVersion": str(rv), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        named = {"kind": resource.kind, "apiVersion": resource.group_version}
        if self._form.shape:
            group = f"meta.k8s.io/{self._form.version}"
            named = {"kind": "PartialObjectMetadata", "apiVersion": group}
        value: Object = {**named, "metadata": metadata}
        if self._form.shape == "Table":
            rows: list[Object] = [{"cells": [], "object": value}]
            value = table(None, rows, {"resourceVersion": str(rv)}, self._form.version)
        return orjson.dumps({"type": "BOOKMARK", "object": value}) + b"\n"

    def _too_old(self, exc: TooOld) -> bytes:
        status = Refusal(
            HTTPStatus.GONE, "Expired", f"too old resource version: {self._rv} ({exc.oldest})"
        ).status()
        return orjson.dumps({"type": "ERROR", "object": status}) + b"\n"


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines joined to pieces of a size that a slow client may hold."""
    pending: list[bytes] = []
    size = 0
    for line in lines:
        pending.append(line)
        size += len(line)
        if size > PIECE_BYTES:
            yield b"".join(pending)
            pending, size = [], 0
    if size:
        yield b"".join(pending)


def _version(text: str) -> int:
    if text and not text.isdigit():
        raise internal(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    return int(text or 0)
