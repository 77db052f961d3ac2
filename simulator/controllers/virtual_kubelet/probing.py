"""Probing one running container: whether it started, lives and is ready, each probe by its own period."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from simulator.clock import Clock
from simulator.controllers.kinds import Object
from simulator.controllers.runtime.announcing import announced
from simulator.controllers.runtime.interface import Running
from simulator.controllers.virtual_kubelet import probes, status
from simulator.controllers.virtual_kubelet.surroundings import Surroundings

ANNOUNCE_SECONDS = 10.0
POLL_SECONDS = 0.02

Kill = Callable[[str, Object], Awaitable[None]]
"""What to do about a failed probe, by its name and its specification."""


class Probing:
    """The probes of one run of a container; what they find stands in `view`."""

    def __init__(
        self,
        clock: Clock,
        around: Surroundings,
        spec: Object,
        *,
        view: status.Container,
        running: Running,
        started: Callable[[], None],
        kill: Kill,
    ) -> None:
        """`started` is called once the container has, `kill` to end one that fails."""
        self._clock = clock
        self._running = running
        self._around = around
        self._spec = spec
        self._view = view
        self._started = started
        self._kill = kill

    async def run(self) -> None:
        """Ask until cancelled; a container that fails its startup or liveness probe is killed."""
        await self._await_ports()
        if "startupProbe" in self._spec:
            await self._startup()
        async with asyncio.TaskGroup() as group:
            if "livenessProbe" in self._spec:
                group.create_task(self._liveness())
            if "readinessProbe" in self._spec:
                group.create_task(self._readiness())
            else:
                self._ready(good=True)

    async def unasked(self) -> None:
        """Where nothing can be asked: it serves what it declares, is started, and ready after the delay."""
        declared = [int(port["containerPort"]) for port in self._spec.get("ports") or ()]
        self._around.announced({str(port): port for port in declared})
        self._started()
        await self._clock.sleep(float((self._spec.get("readinessProbe") or {}).get("initialDelaySeconds", 0)))
        self._ready(good=True)

    async def _await_ports(self) -> None:
        """The first probe waits for the process to say where it listens, since it takes a free port."""
        declared = [str(port["containerPort"]) for port in self._spec.get("ports") or ()]
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS if declared else 0.5):
                while self._running.alive:
                    known = announced(self._around.directory)
                    if known and (not declared or known.keys() & set(declared) or self._other_port(known)):
                        break
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            pass
        self._around.announced(announced(self._around.directory))

    def _other_port(self, known: Mapping[str, int]) -> bool:
        """Whether the process serves a port that no container of the pod declares."""
        containers = self._around.pod["spec"]["containers"]
        declared = {str(port["containerPort"]) for c in containers for port in c.get("ports") or ()}
        return bool(known.keys() - declared)

    async def _startup(self) -> None:
        probe = self._spec["startupProbe"]
        tally = probes.tally(probe)
        await self._clock.sleep(float(probe.get("initialDelaySeconds", 0)))
        while True:
            if await self._ask("Startup", probe, tally):
                if tally.state:
                    self._started()
                    self._around.changed.set()
                    return
                await self._kill("startup", probe)
            await self._clock.sleep(float(probe.get("periodSeconds", 10)))

    async def _liveness(self) -> None:
        probe = self._spec["livenessProbe"]
        tally = probes.tally(probe)
        await self._clock.sleep(float(probe.get("initialDelaySeconds", 0)))
        while True:
            if await self._ask("Liveness", probe, tally) and tally.state is False:
                await self._kill("liveness", probe)
            await self._clock.sleep(float(probe.get("periodSeconds", 10)))

    async def _readiness(self) -> None:
        probe = self._spec["readinessProbe"]
        tally = probes.tally(probe)
        await self._clock.sleep(float(probe.get("initialDelaySeconds", 0)))
        while True:
            if await self._ask("Readiness", probe, tally):
                self._ready(good=bool(tally.state))
            await self._clock.sleep(float(probe.get("periodSeconds", 10)))

    async def _ask(self, name: str, probe: Object, tally: probes.Tally) -> bool:
        """Ask once and count; True when the probe's state changed."""
        fault = await probes.ask(probe, self._spec, announced(self._around.directory), self._running)
        if fault is not None:
            text = f"{name} probe failed: {fault}"
            await self._around.event("Warning", "Unhealthy", text, self._view.name)
        return tally.count(good=fault is None)

    def _ready(self, *, good: bool) -> None:
        if self._view.ready != good:
            self._view.ready = good
            self._around.changed.set()
