"""The order of a pod's containers: init containers one by one, sidecars beside them, main ones at once."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulator.controllers.virtual_kubelet.container import ContainerLife

LAST_STATUS_SECONDS = 1.0
"""Real seconds a container that was ended may take to say so."""


@dataclass(frozen=True, slots=True)
class Lives:
    """The containers of one pod, in the order of its specification."""

    init: Sequence[ContainerLife]
    main: Sequence[ContainerLife]

    def __iter__(self) -> Iterator[ContainerLife]:
        yield from self.init
        yield from self.main

    @property
    def ready(self) -> bool:
        sidecars = (life for life in self.init if life.view.lasts)
        return all(life.view.ready for life in (*sidecars, *self.main))

    async def run(self, grace: float) -> None:
        """Until all have ended for good; sidecars are asked to once the main containers have."""
        async with asyncio.TaskGroup() as group:
            beside: dict[ContainerLife, asyncio.Task[int]] = {}
            if await self._initialised(group, beside):
                async with asyncio.TaskGroup() as main:
                    for life in self.main:
                        main.create_task(life.run())
            for life, task in reversed(beside.items()):
                life.let_end()
                if life.running:
                    await life.end(grace)
                    await asyncio.wait({task}, timeout=LAST_STATUS_SECONDS)
                task.cancel()

    async def _initialised(
        self, group: asyncio.TaskGroup, beside: "dict[ContainerLife, asyncio.Task[int]]"
    ) -> bool:
        """Whether every init container did its part; a sidecar has once it is started."""
        for life in self.init:
            if life.view.lasts:
                beside[life] = group.create_task(life.run())
                await life.up.wait()
            elif not life.view.succeeded and await life.run() != 0:
                return False
        return True

    async def end(self, grace: float) -> None:
        """End what runs and start nothing again: the main containers first, sidecars in reverse order."""
        for life in self:
            life.let_end()
        running = [life for life in self if life.running]
        await asyncio.gather(*(life.end(grace) for life in running if not life.view.lasts))
        for life in reversed(running):
            if life.view.lasts:
                await life.end(grace)
