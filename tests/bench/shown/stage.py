"""The interface over a fleet that changes as it is told.

The tenants come as soon as they are asked for, which is after the first paint. `S` begins a storm of RATE
changes a second, in views of at most ten a second as the engine makes them, `E` ends it, and REPORT is
written then: how long each key and each view took until the screen was drawn, in seconds.
"""

import asyncio
import gc
import json
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from textual.events import Event, Key

from portal.core.chain import FleetView, Verdict
from portal.core.facets import TenantKey
from portal.tui import app
from portal.tui.app import PortalApp
from portal.tui.messages import ViewArrived
from tests.tui.views import Played, broken, healthy, view

# A live fleet at rest says that it is still there.
RATE, VIEWS, QUIET_SECONDS = 200, 10, 5


def tenants(count: int) -> tuple[Verdict, ...]:
    """As many as there are: every tenth broken, over three environments."""
    made = []
    for number in range(count):
        name = f"service-{number // 3:04}"
        verdict = broken(name) if number % 10 == 0 else healthy(name)
        environment = ("dev", "staging", "prod")[number % 3]
        made.append(replace(verdict, tenant=TenantKey(name, environment)))
    return tuple(made)


class Stormy(Played):
    """Views with some tenants changed, as long as it is asked for."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count
        self.storming = asyncio.Event()
        self._shown: list[Verdict] = []
        self._at = 0

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        self._shown = list(tenants(self._count))
        # As the engine does once a fleet is read.
        gc.freeze()
        yield view(*self._shown)
        while True:
            stormy = self.storming.is_set()
            with suppress(TimeoutError):
                async with asyncio.timeout(1 / VIEWS if stormy else QUIET_SECONDS):
                    await (asyncio.Event() if stormy else self.storming).wait()
            yield self._changed() if self.storming.is_set() else view(*self._shown)

    def _changed(self) -> FleetView:
        for _ in range(RATE // VIEWS):
            before = self._shown[self._at]
            service = before.tenant.service
            after = healthy(service) if before.broken_hop else broken(service)
            self._shown[self._at] = replace(after, tenant=before.tenant)
            self._at = (self._at + 7) % len(self._shown)
        return view(*self._shown)


class Timed(PortalApp):
    """Notes when what came was drawn."""

    CSS_PATH = str(Path(app.__file__).with_name("portal.tcss"))

    def __init__(self, fleet: Stormy, report: Path) -> None:
        super().__init__(fleet, title="bench", rehearsal=False)
        self._stormy = fleet
        self._report = report
        self._took: dict[str, list[float]] = {"keys": [], "views": []}
        self._pressed: list[float] = []

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key) and event.key in {"S", "E"}:
            self._told(event.key)
            return
        if isinstance(event, Key):
            self._pressed.append(event.time)
        await super().on_event(event)

    def on_fleet_table_highlighted(self) -> None:
        """The table has moved its cursor for the keys that came."""
        while self._pressed:
            self._time("keys", self._pressed.pop())

    def on_view_arrived(self, event: ViewArrived) -> None:
        """Beside what the application does with it."""
        self._time("views", event.time)

    def _time(self, kind: str, came: float) -> None:
        if self._stormy.storming.is_set():
            self.screen.call_after_refresh(lambda: self._took[kind].append(time.monotonic() - came))

    def _told(self, key: str) -> None:
        if key == "S":
            self._stormy.storming.set()
            return
        self._stormy.storming.clear()
        part = self._report.with_suffix(".part")
        part.write_text(json.dumps(self._took))
        part.replace(self._report)


def run(count: int, report: Path) -> None:
    """Until the terminal is gone."""
    Timed(Stormy(count), report).run()
