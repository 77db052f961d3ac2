"""The life of one container: pulled, configured, started, probed, ended, and started again."""

import asyncio
from collections.abc import Sequence

from simulator.controllers.kinds import Object
from simulator.controllers.runtime.interface import (
    IF_NOT_PRESENT,
    Ended,
    Launch,
    Login,
    NotStarted,
    PullFailed,
    Running,
)
from simulator.controllers.virtual_kubelet import backoff, environment, launching, status
from simulator.controllers.virtual_kubelet.probing import Probing
from simulator.controllers.virtual_kubelet.surroundings import Node, Surroundings

RETRY_SECONDS = 10.0
PULL_FIRST, PULL_LAST = 10.0, 300.0
_UNPULLED = {"InvalidImageName": "InspectFailed", "ErrImageNeverPull": "ErrImageNeverPull"}
"""The events of what is wrong before anything is pulled, by waiting reason."""


class ContainerLife:
    """Runs one container until its restart policy says it is over."""

    def __init__(self, node: Node, around: Surroundings, spec: Object, *, policy: str, waiting: str) -> None:
        lasts = spec.get("restartPolicy") == "Always"
        self.view = status.Container(spec["name"], spec["image"], status.Waiting(waiting), lasts=lasts)
        self.up = asyncio.Event()
        """Set once it has started, by its startup probe where it has one."""
        self._node = node
        self._around = around
        self._spec = spec
        self._policy = "Always" if lasts else policy
        self._backoff = backoff.Backoff()
        self._container: Running | None = None

    @property
    def running(self) -> bool:
        return self._container is not None and self._container.alive

    async def run(self) -> int:
        """The exit code it ended with for good."""
        while True:
            code, seconds = await self._once()
            if self._policy == "Never" or (self._policy == "OnFailure" and code == 0):
                return code
            await self._wait_to_restart(self._backoff.next(seconds))
            self.view.restarts += 1

    def let_end(self) -> None:
        """Do not start it again once it ended."""
        self._policy = "Never"

    async def end(self, grace: float) -> None:
        """SIGTERM, the grace in simulated seconds, SIGKILL."""
        container = self._container
        if container is None:
            return
        await container.ask_to_end()
        ended, late = asyncio.create_task(container.wait()), asyncio.create_task(self._sleep(grace))
        try:
            await asyncio.wait({ended, late}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            late.cancel()
            ended.cancel()
            await container.kill()

    async def known_as(self, names: frozenset[str]) -> None:
        """Let its present run be found by these names too."""
        if self._container is not None and self._container.alive:
            await self._container.known_as(names)

    async def _once(self) -> tuple[int, float]:
        """One run: its exit code and how many simulated seconds it lasted."""
        view, clock = self.view, self._node.clock
        await self._pull()
        launch = await self._configured()
        container = await self._started(launch)
        began, since = clock.now(), clock.monotonic()
        view.container_id = container.id
        if "startupProbe" not in self._spec:
            self._is_up()
        self._become(status.Running(began))
        try:
            await self._event("Normal", "Started", f"Started container {view.name}")
            ended = await self._attend(container)
        finally:
            await container.close()
        view.ready = view.started = False
        self._become(status.Terminated(ended.status, began, clock.now(), view.container_id, ended.reason))
        return ended.status, clock.monotonic() - since

    async def _started(self, launch: Launch) -> Running:
        """The container, tried again while one cannot be started."""
        while True:
            try:
                self._container = await self._node.runtime.start(launch)
            except NotStarted as error:
                self._become(status.Waiting("RunContainerError", str(error)))
                await self._event("Warning", "Failed", f"Error: {error}")
                await self._sleep(RETRY_SECONDS)
            else:
                return self._container

    async def _attend(self, container: Running) -> Ended:
        """Probe the running container until it ends, of itself or because it failed its liveness probe.

        A fault in probing is raised rather than left to show as a container that never becomes ready.
        """
        probing = Probing(
            self._node.clock,
            self._around,
            self._spec,
            view=self.view,
            running=container,
            started=self._is_up,
            kill=self._kill,
        )
        probed = probing.run() if self._node.runtime.real else probing.unasked()
        ended, watching = asyncio.create_task(container.wait()), asyncio.create_task(probed)
        try:
            await asyncio.wait({ended, watching}, return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            return await ended
        finally:
            ended.cancel()
            watching.cancel()
            await asyncio.wait({ended, watching})

    async def _kill(self, name: str, probe: Object) -> None:
        text = f"Container {self.view.name} failed {name} probe, will be restarted"
        await self._event("Normal", "Killing", text)
        grace = probe.get("terminationGracePeriodSeconds") or self._around.pod["spec"].get(
            "terminationGracePeriodSeconds", 30
        )
        await self.end(float(grace))

    async def _pull(self) -> None:
        image, failures = self._spec["image"], 0
        policy = self._spec.get("imagePullPolicy", IF_NOT_PRESENT)
        while True:
            try:
                fetched = await self._node.runtime.pull(image, policy, self._pulling)
            except PullFailed as failure:
                await self._pull_failed(failure, failures)
                failures += 1
                continue
            told = "Successfully pulled image" if fetched else "Container image"
            rest = "" if fetched else " already present on machine"
            await self._event("Normal", "Pulled", f'{told} "{image}"{rest}')
            return

    async def _pulling(self) -> Sequence[Login] | None:
        image = self._spec["image"]
        await self._event("Normal", "Pulling", f'Pulling image "{image}"')
        return await self._around.logins()

    async def _pull_failed(self, failure: PullFailed, failures: int) -> None:
        image = self._spec["image"]
        self._become(status.Waiting(failure.reason, str(failure)))
        if failure.reason != "ErrImagePull":
            await self._event("Warning", _UNPULLED.get(failure.reason, "Failed"), str(failure))
            await self._sleep(RETRY_SECONDS)
            return
        await self._event("Warning", "Failed", f'Failed to pull image "{image}": {failure}')
        await self._event("Warning", "Failed", "Error: ErrImagePull")
        await self._sleep(1.0)
        text = f'Back-off pulling image "{image}": {failure.reason}: {failure}'
        self._become(status.Waiting("ImagePullBackOff", text))
        await self._event("Normal", "BackOff", f'Back-off pulling image "{image}"')
        await self._event("Warning", "Failed", "Error: ImagePullBackOff")
        await self._sleep(min(PULL_LAST, PULL_FIRST * 2**failures))

    async def _configured(self) -> Launch:
        """What to start, once everything its environment names is there."""
        while True:
            self._around.references_changed.clear()
            try:
                env = await environment.resolve(self._around.pod, self._spec, self._node.sources)
            except environment.ConfigError as error:
                self._become(status.Waiting("CreateContainerConfigError", str(error)))
                await self._event("Warning", "Failed", f"Error: {error}")
                await self._retry_or_reference()
                continue
            await self._event("Normal", "Created", f"Created container {self.view.name}")
            return launching.launch(self._around, self._spec, env, run=self.view.restarts)

    async def _retry_or_reference(self) -> None:
        """Try again when a Secret or ConfigMap of the namespace changed, and after a while in any case."""
        later = asyncio.create_task(self._sleep(RETRY_SECONDS))
        change = asyncio.create_task(self._around.references_changed.wait())
        try:
            await asyncio.wait({later, change}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            later.cancel()
            change.cancel()

    async def _wait_to_restart(self, seconds: float) -> None:
        view = self.view
        if isinstance(view.state, status.Terminated):
            view.last = view.state
        if seconds <= 0:
            return
        name = f"container={view.name} pod={status.identity(self._around.pod)}"
        text = f"back-off {backoff.text(seconds)} restarting failed {name}"
        self._become(status.Waiting("CrashLoopBackOff", text))
        identity = status.identity(self._around.pod)
        await self._event(
            "Warning", "BackOff", f"Back-off restarting failed container {view.name} in pod {identity}"
        )
        await self._sleep(seconds)

    def _is_up(self) -> None:
        self.view.started = True
        self.up.set()

    def _become(self, state: status.State) -> None:
        self.view.state = state
        self._around.changed.set()

    async def _sleep(self, seconds: float) -> None:
        await self._node.clock.sleep(seconds)

    async def _event(self, kind: str, reason: str, message: str) -> None:
        await self._around.event(kind, reason, message, self.view.name)
