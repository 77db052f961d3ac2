"""Two runtimes on one node: caches are containers, everything else is processes."""

from simulator.controllers.runtime import images
from simulator.controllers.runtime.containers import ContainerRuntime
from simulator.controllers.runtime.interface import Launch, Pulling, Running
from simulator.controllers.runtime.processes import ProcessRuntime


class CachesApart:
    """Images of Dragonfly go to `caches`, others to `others`."""

    mounts = False
    real = True

    def __init__(self, others: ProcessRuntime, caches: ContainerRuntime) -> None:
        self._others = others
        self._caches = caches
        self.version = others.version

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """Raises PullFailed."""
        return await self._of(image).pull(image, policy, pulling)

    async def start(self, launch: Launch) -> Running:
        """Raises NotStarted."""
        return await self._of(launch.image).start(launch)

    async def forget(self, pod: str) -> None:
        await self._others.forget(pod)
        await self._caches.forget(pod)

    def _of(self, image: str) -> ProcessRuntime | ContainerRuntime:
        return self._caches if images.of_dragonfly(image) else self._others
