"""The API server as a whole, and the controllers that live inside it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from simulator.clock import Clock, WallClock
from simulator.kube.access.identity import Identity
from simulator.kube.access.rbac import GROUP, AlwaysAllow, RoleBased
from simulator.kube.access.tokens import Tokens
from simulator.kube.api.app import App
from simulator.kube.api.objects import Objects
from simulator.kube.lifecycle.definitions import Definitions
from simulator.kube.lifecycle.garbage import GarbageCollector
from simulator.kube.lifecycle.namespaces import Namespaces
from simulator.kube.schema.builtins import builtin_resources
from simulator.kube.storage import restoring
from simulator.kube.storage.registry import Registry
from simulator.kube.storage.store import HISTORY, Event, Store
from simulator.kube.verbs.writing import Writer


class KubeServer:
    """`app` answers requests; while `running`, namespaces, definitions and garbage are looked after too."""

    def __init__(
        self,
        clock: Clock,
        identities: Mapping[str, Identity],
        *,
        ca: str = "",
        rbac: bool = False,
        wire: Clock | None = None,
        history: int = HISTORY,
        seed: int | None = None,
    ) -> None:
        """`identities` maps bearer tokens; a client that shows a certificate is whom that names.

        `ca` is the PEM bundle published as kube-root-ca.crt.
        `clock` is the time objects live in; `wire` times connections (a watch's timeoutSeconds, bookmarks).
        It is the wall clock unless given, because clients count those in their own seconds.
        With `rbac` the stored roles and bindings decide what a caller may do, also one without a credential;
        without, every caller that is known may do everything.
        """
        self.store = Store(history)
        self.registry = Registry(builtin_resources())
        self._writer = Writer(self.store, clock, seed)
        self._definitions = Definitions(self.store, self.registry, self._writer)
        self._garbage = GarbageCollector(self.store, self.registry, self._writer)
        self._namespaces = Namespaces(self.store, self.registry, self._writer, ca)
        authorizer = RoleBased(self.store) if rbac else AlwaysAllow()
        tokens = Tokens(self.store, clock, identities)
        self._objects = Objects(self.store, self._writer, authorizer, tokens, wire or WallClock())
        self._wake = asyncio.Event()
        self.store.listeners.append(self._noted)
        self.app = App(self.registry, self._objects, authorizer, tokens=tokens, anonymous=rbac)
        self._namespaces.begin()

    def _noted(self, _where: tuple[str, str], _event: Event) -> None:
        self._wake.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after the stored objects until the context ends; a fault in that ends the context."""
        self._settle()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._look_after(), name="kube controllers")
            try:
                yield
            finally:
                task.cancel()

    async def _look_after(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            self._settle()

    def _settle(self) -> None:
        """Do everything that is due, until nothing is."""
        while self._definitions.due or self._garbage.due or self._namespaces.due:
            if self._definitions.due:
                self._definitions.attend()
            self._garbage.collect()
            self._namespaces.attend()

    def bind_cluster_role(self, user: str, role: str) -> None:
        """Let a user do everywhere what a ClusterRole allows."""
        reference = {"apiGroup": GROUP, "kind": "ClusterRole", "name": role}
        subjects = [{"apiGroup": GROUP, "kind": "User", "name": user}]
        named = {"apiVersion": f"{GROUP}/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user}}
        self._namespaces.create({**named, "roleRef": reference, "subjects": subjects})

    def remember(self) -> restoring.Snapshot:
        """Everything stored now, to go back to."""
        return restoring.remember(self.store)

    def restore(self, snapshot: restoring.Snapshot) -> None:
        """Have everything as it was; open watches see the changes. No controller should act meanwhile."""
        restoring.restore(self.store, snapshot)
        self._settle()

    async def close(self) -> None:
        """Close the connections to kubelets."""
        await self._objects.close()
