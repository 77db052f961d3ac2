"""An operator's portal in this very process: the engine over its real adapters, which can be made to die."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from portal.adapters.clock import SystemClock
from portal.bootstrap.rehearsals import world_settings
from portal.bootstrap.services import services
from portal.core.chain import FleetView, HopState, Verdict
from portal.core.events import Progress
from portal.core.facets import TenantKey
from portal.core.observed import Seen
from portal.core.plan import Plan, plan_lines, to_document
from portal.core.secrets import Secret
from portal.core.spec import ServiceSpec
from portal.core.stats import Stats
from portal.engine.onboard import ApplyResult, apply, make_plan
from portal.engine.world import Ports
from portal.settings import Settings
from tests.e2e.world import INPUTS

HASTE = 20.0
"""How much faster an operator's waits pass; what they wait for passes faster too."""
SECONDS = 2.0
"""How long a call may take before a portal in a hurry gives it up; others have the patience of a person's."""
LOOK_SECONDS = 0.02
MORTAL = ("neon", "parameters", "storage", "cluster", "repository", "journal", "audit")


class Killed(BaseException):
    """The process is dead: nothing it would have done afterwards happens."""


class HastyClock:
    """The system's clock, whose sleeps are short."""

    def __init__(self) -> None:
        self._clock = SystemClock()

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.monotonic() * HASTE

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds / HASTE)


class Committed:
    """Takes a tenant for healthy: what becomes of a commit is judged by tests that wait for its pods."""

    async def verdict(self, tenant: TenantKey) -> Verdict:
        return Verdict(tenant, HopState.HEALTHY, None, "", "", ())

    async def some(self, tenants: Collection[TenantKey]) -> FleetView:
        return FleetView("", (), tuple([await self.verdict(key) for key in tenants]))

    def stats(self) -> Stats:
        return Stats()

    async def snapshot(self) -> FleetView:
        return FleetView("", (), ())

    async def changes(self) -> AsyncGenerator[FleetView, None]:
        yield await self.snapshot()

    def seen(self, tenant: TenantKey) -> Seen | None:
        del tenant
        return None

    def teams(self) -> Mapping[str, str]:
        return {}

    def refresh(self) -> None:
        """Nothing is followed."""


@dataclass(slots=True)
class Life:
    """Whether a portal is alive."""

    over: bool = False


class Mortal:
    """A port that a dead portal cannot call."""

    def __init__(self, port: object, life: Life) -> None:
        self._port = port
        self._life = life

    def __getattr__(self, name: str) -> Any:
        if self._life.over:
            raise Killed
        return getattr(self._port, name)


@dataclass(slots=True)
class Operator:
    """One person's machine: a state directory that stays, and processes that come and go."""

    settings: Settings
    progress: list[Progress] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, run_dir: Path, repository: Path, state: Path) -> "Operator":
        """Of a world, publishing to a repository of the test's own."""
        found = world_settings(run_dir)
        published = replace(found.repository, url=repository.as_uri())
        return cls(replace(found, repository=published, state_dir=state))

    def hurried(self, service: str) -> "Operator":
        """The same machine, where calls of that service are given up sooner."""
        mine = self.settings
        match service:
            case "neon":
                hurried = replace(mine, neon=replace(mine.neon, timeout_seconds=SECONDS))
            case "kube":
                hurried = replace(mine, kube=replace(mine.kube, timeout_seconds=SECONDS))
            case "git":
                hurried = replace(mine, repository=replace(mine.repository, timeout_seconds=SECONDS))
            case _:
                hurried = replace(mine, aws=replace(mine.aws, timeout_seconds=SECONDS))
        return Operator(hurried, self.progress, self.texts)

    async def plan(self, spec: ServiceSpec) -> Plan:
        async with self._process(Life()) as ports:
            return await make_plan(ports, spec, "dev")

    async def apply(self, spec: ServiceSpec, life: Life | None = None) -> ApplyResult:
        """Plan and apply in a process of its own."""
        async with self._process(life or Life()) as ports:
            plan = await make_plan(ports, spec, "dev")
            self.texts += [*plan_lines(plan), json.dumps(to_document(plan))]
            given = {key: Secret(value) for key, value in INPUTS.items()}
            return await apply(ports, spec, plan, given, self.progress.append)

    async def die(self, spec: ServiceSpec, reached: Callable[[], bool]) -> None:
        """Begin an apply and end it once that is reached, or at its own end; nothing is cleaned up."""
        life = Life()
        working = asyncio.ensure_future(self.apply(spec, life))
        while not working.done() and not reached():
            await asyncio.wait({working}, timeout=LOOK_SECONDS)
        life.over = True
        while not working.done():
            working.cancel()
            await asyncio.wait({working}, timeout=LOOK_SECONDS)
        if not working.cancelled() and not isinstance(working.exception(), Killed | None):
            working.result()

    @asynccontextmanager
    async def _process(self, life: Life) -> AsyncIterator[Ports]:
        async with services(self.settings) as ports:
            mortal = {name: cast("Any", Mortal(getattr(ports, name), life)) for name in MORTAL}
            yield replace(ports, clock=HastyClock(), status=Committed(), **mortal)
