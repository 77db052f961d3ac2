"""One kind of objects kept current: list, then watch from there, and list again when the watch is lost.

The algorithm of client-go's reflector over `ports.Cluster`: bookmarks move the place to resume from, an
expired place (410) leads to a new list that replaces everything at once, and failures wait with growing,
jittered delays that a Retry-After overrides.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from enum import StrEnum
from typing import Protocol

from portal.core.cluster import KubeObject, Resource, WatchEvent, WatchKind
from portal.core.objects.meta import text
from portal.engine.fleet.kinds import Item, Kind
from portal.engine.retry import RetryPolicy
from portal.errors import AccessDenied, Conflict, NotFound, PortalError, Throttled
from portal.ports import Clock, Cluster

RECONNECT = RetryPolicy(base=1.6, cap=30.0)
_LONGEST_STREAK = 10
_HEALTHY_SECONDS = 120.0
_SHORT_SECONDS = 1.0
# Rights are granted and kinds installed by people: ask again at a person's pace.
_DENIED_SECONDS = 30.0
_MISSING_SECONDS = 10.0


class Phase(StrEnum):
    """What a reflector is doing."""

    LISTING = "listing"
    WATCHING = "watching"
    WAITING = "waiting"


class Sink(Protocol):
    """Where a reflector puts what it sees; `now` is monotonic seconds."""

    def replace(self, items: Sequence[Item], now: float) -> None: ...

    def upsert(self, raw: KubeObject, now: float) -> None: ...

    def delete(self, raw: KubeObject, now: float) -> None: ...

    def confirm(self, now: float) -> None: ...

    def fail(self, error: PortalError, now: float) -> None: ...

    def missing(self, now: float) -> None: ...


class Gate(Protocol):
    """Holds readers back while the whole cluster is known to be away."""

    async def passed(self) -> None: ...

    def listing(self) -> AbstractAsyncContextManager[None]:
        """A turn to list: a few kinds at a time, so that a fleet does not stand in memory as text."""


class Reflector:
    """Keeps one sink current until cancelled; no failure of the cluster ends it."""

    def __init__(
        self,
        kind: Kind,
        cluster: Cluster,
        clock: Clock,
        *,
        sink: Sink,
        gate: Gate,
        jitter: Callable[[], float],
    ) -> None:
        self.phase = Phase.WAITING
        self.retry_at: float | None = None
        self._kind = kind
        self._cluster = cluster
        self._clock = clock
        self._sink = sink
        self._gate = gate
        self._jitter = jitter
        self._resume_from = ""
        self._streak = 0
        self._expired = False

    async def run(self) -> None:
        """List and watch for ever."""
        while True:
            await self._gate.passed()
            began = self._clock.monotonic()
            try:
                wait = await self._once()
            except PortalError as exc:
                if self._clock.monotonic() - began > _HEALTHY_SECONDS:
                    self._streak = 0
                wait = self._after(exc)
            else:
                self._expired = False
                if not wait and self._clock.monotonic() - began < _SHORT_SECONDS:
                    # A server that ends every watch at once is not to be asked in a tight loop.
                    wait = RECONNECT.delay(1, self._jitter())
            if wait:
                await self._rest(wait)

    async def _once(self) -> float:
        """One list, if it is needed, and one watch; the seconds to wait before the next."""
        resource = await self._kind.discover(self._cluster)
        if resource is None:
            self._sink.missing(self._clock.monotonic())
            self._resume_from = ""
            return _MISSING_SECONDS
        if not self._resume_from:
            async with self._gate.listing():
                await self._list(resource)
        await self._watch(resource)
        return 0.0

    async def _list(self, resource: Resource) -> None:
        """Page by page, so that whole objects never stand in memory together; in one piece after a place
        expired between two pages.
        """
        self.phase = Phase.LISTING
        items: list[Item] = []
        version = ""
        pages = self._cluster.pages(resource, whole=self._expired, metadata_only=self._kind.metadata_only)
        async with aclosing(pages):
            async for page in pages:
                items += self._kind.shaped(page.items)
                version = page.resource_version
        self._sink.replace(items, self._clock.monotonic())
        self._resume_from = version

    async def _watch(self, resource: Resource) -> None:
        """Events until the server ends the watch in order, which it does every few minutes."""
        async with self._cluster.watch(
            resource, resource_version=self._resume_from, metadata_only=self._kind.metadata_only
        ) as events:
            self.phase, self.retry_at = Phase.WATCHING, None
            self._sink.confirm(self._clock.monotonic())
            async for event in events:
                self._streak, self._expired = 0, False
                self._take(event)

    def _take(self, event: WatchEvent) -> None:
        now = self._clock.monotonic()
        match event.kind:
            case WatchKind.DELETED:
                self._sink.delete(event.object, now)
            case WatchKind.BOOKMARK:
                self._sink.confirm(now)
            case _:
                self._sink.upsert(event.object, now)
        self._resume_from = text(event.object, "metadata", "resourceVersion") or self._resume_from

    def _after(self, error: PortalError) -> float:
        """What a failure means for the place to resume from, and how long to wait."""
        self._streak = min(self._streak + 1, _LONGEST_STREAK)
        delay = RECONNECT.delay(self._streak, self._jitter())
        if isinstance(error, Conflict | NotFound):
            # The place, or the resource itself, is gone: only a new list tells what was missed.
            again, self._expired = self._expired, True
            self._resume_from = ""
            return delay if again else 0.0
        dropped = self.phase is Phase.WATCHING and self._streak == 1
        if not dropped:
            self._sink.fail(error, self._clock.monotonic())
        if isinstance(error, AccessDenied):
            self._resume_from = ""
            return max(delay, _DENIED_SECONDS)
        if isinstance(error, Throttled) and error.retry_after is not None:
            return error.retry_after + self._jitter()
        return delay

    async def _rest(self, seconds: float) -> None:
        self.phase = Phase.WAITING
        self.retry_at = self._clock.monotonic() + seconds
        await self._clock.sleep(seconds)
