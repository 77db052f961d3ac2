"""The readers of one cluster: its pulse, and one reflector per kind of objects."""

import asyncio
from collections.abc import Callable
from typing import Any

from portal.core.facets import Source
from portal.core.objects.crossplane import Composite
from portal.engine.fleet.cluster_view import ClusterView
from portal.engine.fleet.freshness import SourceBook
from portal.engine.fleet.kinds import Item
from portal.engine.fleet.pulse import Pulse
from portal.engine.fleet.reflector import Phase, Reflector
from portal.engine.fleet.sources import Site
from portal.engine.fleet.table import Table
from portal.ports import Clock

# The pulse beats every five seconds: three missed beats are late, and 30 s without one are stale.
_LATE, _STALE = 15.0, 30.0
_TOLD_SECONDS = 600.0


class ClusterReaders:
    """Keeps one view current. A composed kind that is found gets a reflector of its own; another cluster at
    the same address gets an empty view, read from the beginning.
    """

    def __init__(
        self,
        site: Site,
        view: ClusterView,
        book: SourceBook,
        clock: Clock,
        *,
        jitter: Callable[[], float],
        told: Callable[[], None],
    ) -> None:
        self._site = site
        self._view = view
        self._clock = clock
        self._jitter = jitter
        self._told = told
        self._health = book.open(Source.KUBERNETES, site.name, late=_LATE, stale=_STALE)
        if site.name:
            book.share(Source.KUBERNETES, self._health, site.environments)
        self._pulse = Pulse(
            site.cluster,
            clock,
            health=self._health,
            jitter=jitter,
            beat=self._beat,
            replaced=self._replaced,
        )
        self._reflectors: dict[str, Reflector] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup | None = None
        self._replaced_at: float | None = None

    async def run(self) -> None:
        """Read until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            group.create_task(self._pulse.run(), name=f"pulse {self._site.name}".strip())
            for table in tuple(self._view.tables.values()):
                self._begin(table)

    def ask(self) -> None:
        """Try again now, however long the next try is away."""
        self._pulse.ask()

    def found(self, item: Item) -> None:
        """An object differs: what it is composed of may be of a kind nobody reads yet."""
        if isinstance(item, Composite) and item.references:
            for table in self._view.new_composed(item):
                self._begin(table)

    def note(self, now: float) -> str:
        """What is to be said while all is well: kinds that cannot be read, which darken their own hop."""
        words = {table.kind.kind: table.word(now) for table in self._view.tables.values()}
        said = [f"{kind}: {word}" for kind, word in words.items() if word]
        if self._replaced_at is not None and now - self._replaced_at < _TOLD_SECONDS:
            said.insert(0, "another cluster answers at this address: everything was read anew")
        return "; ".join(said)

    def _begin(self, table: Table) -> None:
        name = table.kind.table
        reflector = self._reflectors[name] = Reflector(
            table.kind, self._site.cluster, self._clock, sink=table, gate=self._pulse, jitter=self._jitter
        )
        if self._group is not None:
            self._tasks[name] = self._group.create_task(reflector.run(), name=f"reflector {name}")

    def _replaced(self) -> None:
        """Nothing that is held is true of the cluster that answers now."""
        self._replaced_at = self._clock.monotonic()
        running, self._tasks = self._tasks, {}
        for task in running.values():
            task.cancel()
        for table in tuple(self._view.tables.values()):
            table.forget()
            self._begin(table)

    def _beat(self) -> None:
        """A heartbeat vouches for every watch that is open; without one no kind is to blame alone."""
        now = self._clock.monotonic()
        for name, reflector in self._reflectors.items():
            table = self._view.tables[name]
            if self._health.failing:
                table.excuse(now)
            elif reflector.phase is Phase.WATCHING:
                table.confirm(now)
        self._told()

    def sizes(self) -> dict[str, Any]:
        """How many objects are held, by kind."""
        return {table.kind.kind: len(table) for table in self._view.tables.values()}
