"""The live fleet: readers fill the holdings, changed tenants are judged again, views go out in batches.

An object's event marks only the tenants it concerns, and is not kept waiting by a poll that concerns all of
them. Nothing recomputes the fleet per event; verdicts that only time can change are made again by a slow
sweep.
"""

import asyncio
import gc
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable

from portal.core.chain import FleetView, Orphan
from portal.core.facets import Freshness, Source, SourceState, TenantKey
from portal.core.objects.argo import Application
from portal.core.observed import Moment, Seen
from portal.core.stats import Stats
from portal.engine.fleet.agenda import AT_ONCE, Agenda
from portal.engine.fleet.freshness import SourceBook, calm
from portal.engine.fleet.holdings import Holdings
from portal.engine.fleet.index import TenantIndex
from portal.engine.fleet.kinds import Item
from portal.engine.fleet.readers import Readers
from portal.engine.fleet.sources import Sources
from portal.engine.fleet.verdicts import Verdicts
from portal.engine.fleet.waiting import either

BATCH_SECONDS = 0.1
_TICK_SECONDS = 1.0
# With nothing new, ages are still told this often.
_QUIET_TICKS = 5
# A quiet second judges a fifteenth of the tenants for time's sake, and no more than this many.
_SWEEP_TICKS, _SWEPT = 15, 50
# Each tenant that was judged puts the next batch off by this much, about twice what judging it takes, so that
# a storm leaves the loop free. While the first lists come in, each of them has nearly all judged anew.
_PAUSE_EACH, _LOADING_PAUSE_EACH = 0.0005, 0.002
_LONGEST_PAUSE = 0.25
# What a slice found is shown with the next change, or this long after the last view.
_SLICES_SECONDS = 0.25
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
        self._verdicts = Verdicts(self.holdings, self.book)
        self._agenda = Agenda()
        self._revisions: set[str] = set()
        self._trust: dict[tuple[Source, str], Freshness] = {}
        # When somebody was judged for a view that was due, when anybody was, and how many that were.
        self._pressed_at = self._judged_at = float("-inf")
        self._judged = 0
        self._viewed_at = float("-inf")
        self._loaded = asyncio.Event()
        self._listed_at = dict.fromkeys(self.holdings.clusters, sources.clock.monotonic())
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
                if await self._judge():
                    self._viewed_at = self._sources.clock.monotonic()
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
        states = self.book.of_tenant(tenant.environment, moment.monotonic)
        return Seen(self.holdings.observe(tenant, states, moment.monotonic), moment)

    def refresh(self) -> None:
        """Ask what is polled again now; what is watched is told by itself."""
        self._readers.ask()

    def object_changed(self, site: str, table: str, item: Item) -> None:
        """An object differs: mark its tenants."""
        self._mark(self.index.concerned(site, table, item))
        self._readers.clusters[site].found(item)
        if self.index.stale:
            self._agenda.press()
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
        self._agenda.press()

    def environment_changed(self, environment: str) -> None:
        """A poll says something else of all tenants of an environment."""
        self._mark_later(self.index.of_environment(environment))

    def services_changed(self, services: frozenset[str]) -> None:
        """Folders changed: tenants may have come and gone, and may need other things."""
        if services:
            self.index.stale = True
            self._mark(self.index.of_services(services))
            self._readers.kick()
            self._agenda.press()

    def everything_changed(self) -> None:
        """A poll says something else of all tenants, and perhaps of which there are."""
        self.index.stale = True
        if self._loaded.is_set():
            self._mark_later(self.index.ordered)
        else:
            self._agenda.everybody()

    def source_told(self) -> None:
        """A source answered or failed: verdicts change only when its freshness does."""
        self._trusted(self._sources.clock.monotonic())

    def _trusted(self, now: float) -> None:
        trust = {place: record.state(now).state for place, record in self.book.records.items()}
        changed = [place for place, state in trust.items() if state is not self._trust.get(place)]
        # What is no longer vouched for leaves every cell with the very next view.
        lost = {place[1] for place in changed if self._trust.get(place) is Freshness.LIVE}
        found = {place[1] for place in changed} - lost
        self._trust = trust
        if "" in lost:
            self._agenda.everybody()
        for environment in lost:
            self._agenda.soon(self.index.of_environment(environment))
        if "" in found:
            self.everything_changed()
        for environment in found:
            self.environment_changed(environment)
        if changed:
            self._agenda.press()

    def _mark(self, tenants: Iterable[TenantKey]) -> None:
        if self._agenda.soon(tenants) and self._heard_at is None:
            self._heard_at = self._sources.clock.monotonic()

    def _mark_later(self, tenants: Iterable[TenantKey]) -> None:
        """While the first lists come in everybody is judged anew by each of them."""
        if self._loaded.is_set():
            self._agenda.later(tenants)
        else:
            self._mark(tenants)

    async def _await_news(self, reading: "asyncio.Task[None]") -> None:
        """Return when a view is due, never sooner than a batch after the last pressing one, or when there is
        time for a slice.
        """
        agenda, clock = self._agenda, self._sources.clock
        if not self._loaded.is_set():
            pause = max(BATCH_SECONDS, self._judged * _LOADING_PAUSE_EACH)
            await self._rest(self._pressed_at + pause, self._loaded)
        # Whoever waits for the whole fleet is not kept waiting once its last list is in.
        pause, self._last_list = 0.0 if self._last_list else self._pause(), False
        while True:
            if agenda.pressing.is_set():
                return await self._rest(self._pressed_at + max(BATCH_SECONDS, pause))
            if agenda.waiting:
                await self._rest(self._judged_at + pause, agenda.pressing)
                if not agenda.pressing.is_set():
                    return None
                continue
            ended = asyncio.wait([reading])
            await either(agenda.news.wait(), clock.sleep(_TICK_SECONDS), ended)
            if reading.done():
                reading.result()
            if not agenda.news.is_set() and self._tick():
                return agenda.press()

    def _pause(self) -> float:
        return min(self._judged * _PAUSE_EACH, _LONGEST_PAUSE)

    async def _rest(self, until: float, unless: asyncio.Event | None = None) -> None:
        clock = self._sources.clock
        left = until - clock.monotonic()
        if left > 0 and unless is not None:
            await either(clock.sleep(left), unless.wait())
        elif left > 0:
            await clock.sleep(left)

    def _tick(self) -> bool:
        """One quiet second: judge a slice of the tenants for time's sake; whether a view is due."""
        self._ticks += 1
        self.source_told()
        self._settle()
        ordered = self.index.ordered
        count = min(_SWEPT, len(ordered) // _SWEEP_TICKS + 1)
        self._verdicts.judge_few(ordered[self._swept : self._swept + count], self._sources.moment())
        self._swept = self._swept + count if self._swept + count < len(ordered) else 0
        if self._swept == 0:
            self._orphans = tuple(self.holdings.orphans())
        return self._ticks % _QUIET_TICKS == 0 or not calm(self._lines(self._sources.clock.monotonic()))

    def _settle(self) -> None:
        """What was read of a fleet stays, and is not searched for garbage again."""
        if self._loaded.is_set() and not gc.isenabled():
            gc.freeze()
            gc.enable()

    async def _judge(self) -> bool:
        """Judge whose turn it is, and whoever rests on a source that is trusted otherwise than before;
        whether a view is due.
        """
        moment = self._sources.moment()
        self._trusted(moment.monotonic)
        # Cells and sources of a view are those of one moment, however long the judging takes.
        self._shown = self._lines(moment.monotonic)
        if self.index.stale:
            new = self.index.refresh()
            self._agenda.soon(new)
            if new:
                self._readers.kick_asked()
            self._verdicts.arrange(self.index.ordered)
        pressing, hurried = self._agenda.pressing.is_set(), self._agenda.hurried
        dirty = self._agenda.take(self.index.known)
        if not self._loaded.is_set():
            dirty -= self._put_off(dirty, moment)
        await self._verdicts.judge(dirty, moment)
        now = self._sources.clock.monotonic()
        if self._heard_at is not None:
            self._lags.append(now - self._heard_at)
            self._heard_at = None
        self._judged, self._judged_at = len(dirty), now
        if hurried:
            self._pressed_at = now
        return pressing or not self._agenda.waiting or now - self._viewed_at >= _SLICES_SECONDS

    def _put_off(self, dirty: set[TenantKey], moment: Moment) -> set[TenantKey]:
        """Tenants, where there are many, whose cluster is read for the first time: they are judged later."""
        if len(dirty) <= AT_ONCE:
            return set()
        unread = {each for each in {tenant.environment for tenant in dirty} if self._unlisted(each)}
        waiting = {tenant for tenant in dirty if tenant.environment in unread}
        self._verdicts.put_off(waiting, moment)
        self._agenda.keep(waiting)
        return waiting

    def _unlisted(self, environment: str) -> bool:
        """Whether the first lists of its cluster are still coming in, one after the other."""
        view = self.holdings.cluster(environment)
        if self.book.failing(Source.KUBERNETES, environment) or all(t.told for t in view.tables.values()):
            return False
        return self._sources.clock.monotonic() - self._listed_at.get(view.site, 0.0) < _LOADING_SECONDS

    def _view(self) -> FleetView:
        return FleetView(
            generated_at=self._sources.clock.now().isoformat(timespec="seconds"),
            sources=self._shown,
            tenants=self._verdicts.shown(),
            orphans=self._orphans,
        )

    def _lines(self, now: float) -> tuple[SourceState, ...]:
        notes = {
            (Source.KUBERNETES, site): reader.note(now) for site, reader in self._readers.clusters.items()
        }
        return self.book.lines(notes, now)
