"""One world from its first process to its last: it comes up, says so in one line, lasts, and ends."""

import asyncio
import os
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import orjson

from simulator.backends.containers.engine import Engine
from simulator.backends.failure import BackendFailed
from simulator.backends.kind.creation import CREATE_SECONDS
from simulator.gateway.faults import Rule, rule
from simulator.harness import engine, systems
from simulator.harness.control import Unresettable
from simulator.harness.cordon import SETTLE_SECONDS
from simulator.harness.ground import Ground
from simulator.harness.keeping import DEGRADED, UP
from simulator.harness.order import Order
from simulator.harness.parts import Parts
from simulator.harness.resetting import Reset
from simulator.harness.rundir import RunDirectory, write_private
from simulator.harness.talk import put
from simulator.harness.tiers import KIND

_COME_UP_SECONDS = 90.0
_MORE_SECONDS = {KIND: CREATE_SECONDS + SETTLE_SECONDS}
"""What a cluster of its own takes before anything can be applied to it."""


class World:
    """Everything between the order and its end."""

    def __init__(self, order: Order, tell: Callable[[str], None]) -> None:
        self._order = order
        self._directory = RunDirectory(order.run_dir)
        self._began = monotonic()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._tell = tell
        self._reset: Reset | None = None
        self.settled = True
        """Whether, after its end, nothing is on its way any more that could still appear in an engine."""

    async def live(self, stop: asyncio.Event) -> None:
        """Last until `stop` is set; raises what kept the world from coming up, or broke a part of it.

        Raises Unready when nothing was started.
        """
        stopping = asyncio.create_task(stop.wait(), name="stop")
        readying = asyncio.create_task(engine.ready(self._order, self._tell), name="engine")
        await asyncio.wait({stopping, readying}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not readying.done():
            readying.cancel()
            await asyncio.wait({readying})
            return
        found = readying.result()
        if found is not None and self._order.tiers.makes_containers():
            self._directory.record_containers(found.url, self._order.run_id)
        try:
            await self._last(stop, found)
        finally:
            if found is not None:
                self.settled = found.settled
                await found.close()

    async def _last(self, stop: asyncio.Event, found: Engine | None) -> None:
        parts = Parts()
        ground = Ground(self._order, parts, self._tell, found)
        commands = systems.Commands(
            lambda: self._state(ground), lambda: self._heal(ground), self._go_back, stop.set
        )
        tasks = {
            "stop": asyncio.create_task(stop.wait(), name="stop"),
            "failure": asyncio.create_task(parts.failure(), name="failure"),
            "up": asyncio.create_task(systems.come_up(ground, commands), name="up"),
        }
        try:
            seconds = _COME_UP_SECONDS + _MORE_SECONDS.get(self._order.tiers.cluster, 0)
            await asyncio.wait(tasks.values(), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not any(task.done() for task in tasks.values()):
                raise BackendFailed("world", f"did not come up within {seconds:.0f} s")
            if tasks["up"].done() and not tasks["failure"].done():
                tasks["up"].result()
                ground.whole = True
                self._reset = Reset(ground, self._first_rules())
                self._announce(ground)
                await asyncio.wait({tasks["stop"], tasks["failure"]}, return_when=asyncio.FIRST_COMPLETED)
            if tasks["failure"].done():
                tasks["failure"].result()
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.wait(tasks.values())
            await ground.close()
            for idle in filter(None, (posted.idle() for posted in ground.faults.listed())):
                self._tell(idle)

    def _first_rules(self) -> list[Rule]:
        """Those of `up --faults`, which are in force from the moment the world is announced."""
        return [rule(each) for each in orjson.loads(self._directory.faults_file.read_bytes())]

    def _announce(self, ground: Ground) -> None:
        put(self._written(ground))

    def _written(self, ground: Ground) -> str:
        document = orjson.dumps(self._description(ground)).decode()
        write_private(self._directory.world_file, document)
        return document

    def _state(self, ground: Ground) -> dict[str, Any]:
        whole = all(backend.state == UP for backend in ground.backends)
        return {
            **self._description(ground),
            "state": UP if whole else DEGRADED,
            "faults": [posted.as_json() for posted in ground.faults.listed()],
            "uptime_seconds": round(monotonic() - self._began, 1),
        }

    async def _heal(self, ground: Ground) -> dict[str, Any]:
        """What was started again, what could not be, and the world as `up` tells it."""
        outcomes = [asdict(outcome) for outcome in await ground.heal()]
        return {"outcomes": outcomes, "world": orjson.loads(self._written(ground))}

    async def _go_back(self, only_rules: bool) -> dict[str, Any]:
        """Raises Unresettable."""
        if self._reset is None:
            raise Unresettable("The world has not come up yet.")
        return await (self._reset.rules() if only_rules else self._reset.everything())

    def _description(self, ground: Ground) -> dict[str, Any]:
        order = self._order
        return {
            "run_dir": str(order.run_dir),
            "run_id": order.run_id,
            "pid": os.getpid(),
            "supervisor_pid": order.supervisor,
            "started_at": self._started_at,
            "seed": order.seed,
            "speed": order.speed,
            "environment": order.environment,
            "tiers": asdict(order.tiers),
            **ground.endpoints,
            "backends": [backend.as_json() for backend in ground.backends],
            "phases": ground.phases.as_json(),
        }
