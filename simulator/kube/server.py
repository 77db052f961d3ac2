"""The API server as a whole, and the controllers that live inside it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from simulator.clock import Clock
from simulator.kube.access import AlwaysAllow, RoleBased
from simulator.kube.app import App
from simulator.kube.builtins import builtin_resources
from simulator.kube.crd import STORAGE, Definitions
from simulator.kube.garbage import GarbageCollector
from simulator.kube.identity import Identity
from simulator.kube.namespaces import Namespaces
from simulator.kube.objects import Objects
from simulator.kube.registry import Registry
from simulator.kube.store import HISTORY, Event, Store
from simulator.kube.writing import Writer


class KubeServer:
    """`app` answers requests; while `running`, namespaces, definitions and garbage are looked after too."""

    def __init__(
        self,
        clock: Clock,
        identities: Mapping[str, Identity],
        *,
        ca: str = "",
        rbac: bool = False,
        history: int = HISTORY,
        seed: int | None = None,
    ) -> None:
        """`identities` maps bearer tokens; `ca` is the PEM bundle published as kube-root-ca.crt.

        With `rbac` the stored roles and bindings decide what a caller may do; without, everything is allowed.
        """
        self.store = Store(history)
        self.registry = Registry(builtin_resources())
        self._writer = Writer(self.store, clock, seed)
        self._definitions = Definitions(self.store, self.registry)
        self._garbage = GarbageCollector(self.store, self.registry, self._writer)
        self._namespaces = Namespaces(self.store, self.registry, self._writer, ca)
        authorizer = RoleBased(self.store) if rbac else AlwaysAllow()
        self._objects = Objects(self.store, self._writer, authorizer)
        self._wake = asyncio.Event()
        self._unestablished = False
        self.store.listeners.append(self._noted)
        self.app = App(self.registry, self._objects, identities)
        self._namespaces.begin()

    def _noted(self, where: tuple[str, str], _event: Event) -> None:
        if where == STORAGE:
            self._unestablished = True
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after the stored objects until the context ends."""
        self._settle()
        task = asyncio.create_task(self._look_after(), name="kube controllers")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (failure := task.exception()):
                raise failure

    async def _look_after(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._settle()

    def _settle(self) -> None:
        """Do everything that is due, until nothing is."""
        while self._unestablished or self._garbage.due or self._namespaces.due:
            if self._unestablished:
                self._unestablished = False
                self._definitions.establish(self._writer.now())
            self._garbage.collect()
            self._namespaces.attend()

    async def close(self) -> None:
        """Close the connections to kubelets."""
        await self._objects.close()
