"""The live fleet: readers fill the holdings, changed tenants are judged again, views go out in batches.

An object's event marks only the tenants it concerns. Nothing recomputes the fleet per event; verdicts that
only time can change are made again by a slow sweep.
"""

import asyncio
import gc
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from dataclasses import replace

from portal.core.assess import assess
from portal.core.chain import FleetView, Orphan, Verdict
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.objects.argo import Application
from portal.core.observed import Moment, Seen, TenantObservation
from portal.core.stats import Stats
from portal.engine.fleet.freshness import SourceBook, calm
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.index import TenantIndex
from portal.engine.fleet.kinds import Item
from portal.engine.fleet.readers import Readers
from portal.engine.fleet.sources import Sources
from portal.engine.fleet.waiting import either

BATCH_SECONDS = 0.1
_TICK_SECONDS = 1.0
# With nothing new, ages are still told this often.
_QUIET_TICKS = 5
# A quiet second judges a fifteenth of the tenants for time's sake, and no more than this many.
_SWEEP_TICKS, _SWEPT = 15, 50
# Judging this many tenants in one go keeps the loop free for keys and events.
_AT_ONCE = 100
# Each tenant that was judged puts the next batch off by this much, about twice what judging it takes, so that
# a storm leaves the loop free. While the first lists come in, each of them has nearly all judged anew.
_PAUSE_EACH, _LOADING_PAUSE_EACH = 0.0005, 0.002
# While first lists come in a tenant waits for the last one of its cluster, but for no list longer than this.
_LOADING_SECONDS = 8.0


class Live:
    """One run of the live fleet; `views` starts it and ends it."""

    def __init__(self, sources: Sources, jitter: Callable[[], float]) -> None:
        self.holdings = Holdings.empty(sources, self)
        self.index = TenantIndex(self.holdings)
        self.book = SourceBook()
        self._sources = sources
        self._readers = Readers(sources, self, jitter)
        self._verdicts: dict[TenantKey, Verdict] = {}
        self._dirty: set[TenantKey] = set()
        self._revisions: set[str] = set()
        self._all_dirty = False
        self._news = asyncio.Event()
        self._trust: dict[tuple[Source, str], Freshness] = {}
        self._judged_at = float("-inf")
        self._judged = 0
        self._loaded = asyncio.Event()
        self._listed_at = dict.fromkeys(self.holdings.clusters, sources.clock.monotonic())
        self._unread = _unread(sources.moment())
        self._last_list = False
        self._ticks = 0
        self._swept = 0
        self._heard_at: float | None = None
        self._lags: deque[float] = deque(maxlen=1000)
        self._orphans: tuple[Orphan, ...] = ()
        self._shown: tuple[SourceState, ...] = ()

    async def views(self) -> AsyncGenerator[FleetView, None]:
        """A view at once, then one per batch of changes; a fault of the portal itself ends it."""
        reading = asyncio.create_task(self._readers.run(), name="fleet readers")
        # Collecting garbage while a fleet is read costs more than reading it; what was read is no garbage.
        gc.disable()
        try:
            self._shown = self._lines(self._sources.clock.monotonic())
            yield self._view()
            while True:
                await self._await_news(reading)
                await self._judge()
                if self._loaded.is_set() and not gc.isenabled():
                    gc.freeze()
                    gc.enable()
                yield self._view()
        finally:
            gc.enable()
            gc.unfreeze()
            reading.cancel()
            await asyncio.wait([reading])
            if not reading.cancelled() and (failure := reading.exception()) is not None:
                raise failure

    def stats(self) -> Stats:
        """What is held, and how late the last changes were shown."""
        return Stats(self.holdings.sizes(), tuple(self._lags))

    def seen(self, tenant: TenantKey) -> Seen:
        """Everything held of one tenant, as fresh as it is now."""
        moment = self._sources.moment()
        return self._seen(tenant, moment, self.book.of_tenant(tenant.environment, moment.monotonic))

    def _seen(self, tenant: TenantKey, moment: Moment, states: Mapping[Source, SourceState]) -> Seen:
        return Seen(self.holdings.observe(tenant, states, moment.monotonic), moment)

    def refresh(self) -> None:
        """Ask what is polled again now; what is watched is told by itself."""
        self._readers.ask()

    def object_changed(self, site: str, table: str, item: Item) -> None:
        """An object differs: mark its tenants."""
        self._mark(self.index.concerned(site, table, item))
        self._readers.clusters[site].found(item)
        if self.index.stale:
            self._news.set()
        if isinstance(item, Application) and item.revision and item.revision not in self._revisions:
            # ArgoCD saw a commit the portal may not have seen yet.
            self._revisions.add(item.revision)
            self._readers.kick()

    def trust_changed(self, site: str, table: str) -> None:
        """A kind became readable or stopped being so."""
        self._listed_at[site] = self._sources.clock.monotonic()
        if not self._loaded.is_set() and all(table.told for table in self.holdings.tables()):
            self._last_list = True
            self._loaded.set()
        self._mark(self.index.of_site(site))
        # Applications alone tell of tenants that the repository does not.
        self.index.stale = self.index.stale or table == "applications"
        self._news.set()

    def environment_changed(self, environment: str) -> None:
        self._mark(self.index.of_environment(environment))

    def services_changed(self, services: frozenset[str]) -> None:
        """Folders changed: tenants may have come and gone, and may need other things."""
        if services:
            self.index.stale = True
            self._mark(self.index.of_services(services))
            self._readers.kick()
            self._news.set()

    def everything_changed(self) -> None:
        self._all_dirty = self.index.stale = True
        self._news.set()

    def source_told(self) -> None:
        """A source answered or failed: verdicts change only when its freshness does."""
        self._trusted(self._sources.clock.monotonic())

    def _trusted(self, now: float) -> None:
        trust = {place: record.state(now).state for place, record in self.book.records.items()}
        changed = {place[1] for place, state in trust.items() if state is not self._trust.get(place)}
        self._trust = trust
        if "" in changed:
            self.everything_changed()
        for environment in changed:
            self.environment_changed(environment)
        if changed:
            self._news.set()

    def _mark(self, tenants: Iterable[TenantKey]) -> None:
        self._dirty.update(tenants)
        if self._dirty:
            self._news.set()
            if self._heard_at is None:
                self._heard_at = self._sources.clock.monotonic()

    async def _await_news(self, reading: "asyncio.Task[None]") -> None:
        """Return when there is something to show, never sooner than a batch after the last view."""
        clock = self._sources.clock
        each = _PAUSE_EACH if self._loaded.is_set() else _LOADING_PAUSE_EACH
        # Whoever waits for the whole fleet is not kept waiting once its last list is in.
        pause, self._last_list = 0.0 if self._last_list else self._judged * each, False
        rest = self._judged_at + max(BATCH_SECONDS, pause) - clock.monotonic()
        if rest > 0 and self._loaded.is_set():
            await clock.sleep(rest)
        elif rest > 0:
            await either(clock.sleep(rest), self._loaded.wait())
        while not self._news.is_set():
            ended = asyncio.wait([reading])
            await either(self._news.wait(), clock.sleep(_TICK_SECONDS), ended)
            if reading.done():
                reading.result()
            if not self._news.is_set() and self._tick():
                return

    def _tick(self) -> bool:
        """One quiet second: judge a slice of the tenants for time's sake; whether a view is due."""
        self._ticks += 1
        self.source_told()
        ordered = self.index.ordered
        count = min(_SWEPT, len(ordered) // _SWEEP_TICKS + 1)
        self._dirty.update(ordered[self._swept : self._swept + count])
        self._swept = self._swept + count if self._swept + count < len(ordered) else 0
        if self._swept == 0:
            self._orphans = tuple(self.holdings.orphans())
        return self._ticks % _QUIET_TICKS == 0 or not calm(self._lines(self._sources.clock.monotonic()))

    async def _judge(self) -> None:
        """Judge what is marked again, and what rests on a source that is trusted otherwise than before."""
        moment = self._sources.moment()
        self._trusted(moment.monotonic)
        # Cells and sources of a view are those of one moment, however long the judging takes.
        self._shown = self._lines(moment.monotonic)
        told = self._news.is_set()
        self._news.clear()
        if self.index.stale:
            new = self.index.refresh()
            self._dirty |= new
            if new:
                self._readers.kick_asked()
            known = set(self.index.ordered)
            self._verdicts = {tenant: found for tenant, found in self._verdicts.items() if tenant in known}
        dirty = set(self.index.ordered) if self._all_dirty else self._dirty & set(self.index.ordered)
        self._dirty, self._all_dirty = set(), False
        if not self._loaded.is_set():
            dirty -= self._put_off(dirty)
        ordered = sorted(dirty, key=str)
        places = {tenant.environment for tenant in ordered}
        states = {place: self.book.of_tenant(place, moment.monotonic) for place in places}
        for start in range(0, len(ordered), _AT_ONCE):
            if start:
                await asyncio.sleep(0)
            for tenant in ordered[start : start + _AT_ONCE]:
                seen = self._seen(tenant, moment, states[tenant.environment])
                self._verdicts[tenant] = assess(tenant, seen.observation, seen.moment)
        if self._heard_at is not None:
            self._lags.append(self._sources.clock.monotonic() - self._heard_at)
            self._heard_at = None
        if told:
            self._judged, self._judged_at = len(dirty), self._sources.clock.monotonic()

    def _put_off(self, dirty: set[TenantKey]) -> set[TenantKey]:
        """Tenants, where there are many, whose cluster is read for the first time: they are judged later."""
        if len(dirty) <= _AT_ONCE:
            return set()
        unread = {each for each in {tenant.environment for tenant in dirty} if self._unlisted(each)}
        waiting = {tenant for tenant in dirty if tenant.environment in unread}
        for tenant in waiting - self._verdicts.keys():
            self._verdicts[tenant] = replace(self._unread, tenant=tenant)
        self._dirty |= waiting
        return waiting

    def _unlisted(self, environment: str) -> bool:
        """Whether the first lists of its cluster are still coming in, one after the other."""
        view = self.holdings.cluster(environment)
        if self.book.failing(Source.KUBERNETES, environment) or all(t.told for t in view.tables.values()):
            return False
        return self._sources.clock.monotonic() - self._listed_at.get(view.site, 0.0) < _LOADING_SECONDS

    def _view(self) -> FleetView:
        verdicts = self._verdicts
        return FleetView(
            generated_at=self._sources.clock.now().isoformat(timespec="seconds"),
            sources=self._shown,
            tenants=tuple(verdicts[tenant] for tenant in self.index.ordered if tenant in verdicts),
            orphans=self._orphans,
        )

    def _lines(self, now: float) -> tuple[SourceState, ...]:
        notes = {
            (Source.KUBERNETES, site): reader.note(now) for site, reader in self._readers.clusters.items()
        }
        return self.book.lines(notes, now)


def _unread(now: Moment) -> Verdict:
    """What is said of a tenant before it is judged for the first time."""
    cause = "not judged yet: its cluster is being read for the first time"
    nothing = assess(TenantKey("", ""), TenantObservation(), now)
    hops = tuple(replace(hop, cause=cause, fix="") for hop in nothing.hops)
    return replace(nothing, cause=cause, fix="", hops=hops)
