"""The node: takes the pods bound to it, keeps their Services known, serves their logs."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from simulator.backends.certificates import Certificate
from simulator.backends.serving import serve
from simulator.clock import Clock
from simulator.controllers.api import Api
from simulator.controllers.errors import ApiError, Conflict, NotFound
from simulator.controllers.informer import Change, Informer
from simulator.controllers.kinds import (
    CONFIG_MAP,
    POD,
    SECRET,
    SERVICE,
    Kind,
    Object,
    name_of,
    namespace_of,
    uid_of,
)
from simulator.controllers.recorder import Recorder
from simulator.controllers.runtime.interface import Runtime
from simulator.controllers.runtime.processes import ProcessRuntime
from simulator.controllers.virtual_kubelet import admission, logs, node, services
from simulator.controllers.virtual_kubelet.environment import Lookup, Sources
from simulator.controllers.virtual_kubelet.pod import PodRun
from simulator.controllers.virtual_kubelet.surroundings import Node

NAME = "rehearsal"

_LOG = logging.getLogger(__name__)


async def run(
    api: Api,
    clock: Clock,
    *,
    run_dir: Path,
    name: str = NAME,
    certificate: Certificate | None = None,
    abroad: bool = False,
    labels: Mapping[str, str] | None = None,
    runtime: Runtime | None = None,
) -> None:
    """Be the node `name` until cancelled; then every container it started has ended.

    Pod directories, volumes and logs lie below `run_dir`. Logs are served by TLS when a certificate is given.
    Containers are processes unless another runtime is given. `abroad` is to say that the cluster is a real
    one, whose own parts believe what a node tells of itself; `labels` are put on the node.
    """
    runs = runtime or ProcessRuntime()
    kubelet = Kubelet(api, clock, run_dir, name, runs, node.UNROUTED if abroad else node.ADDRESS)
    cert, key = (certificate.cert, certificate.key) if certificate else (None, None)
    async with serve(logs.application(kubelet.log), cert=cert, key=key) as listener:
        presence = node.Presence(
            name,
            listener.port,
            tls=cert is not None,
            abroad=abroad,
            labels=labels or {},
            runtime=runs.version,
        )
        await node.register(api, clock, presence)
        async with asyncio.TaskGroup() as group:
            group.create_task(node.heartbeat(api, clock, presence), name="heartbeat")
            group.create_task(kubelet.run(), name="pods")


@dataclass
class Kubelet:
    """The pods of one node, by uid, and by namespace and uid."""

    api: Api
    clock: Clock
    root: Path
    name: str
    runtime: Runtime
    pod_ip: str = node.ADDRESS
    pods: dict[str, PodRun] = field(default_factory=dict)
    placed: defaultdict[str, dict[str, PodRun]] = field(default_factory=lambda: defaultdict(dict))

    async def run(self) -> None:
        """Follow the pods bound to this node until cancelled."""
        self._recorder = Recorder(self.api, self.clock, "kubelet", self.name)
        sources = Sources(self._lookup(SECRET), self._lookup(CONFIG_MAP))
        self._node = Node(self.clock, sources, self.pod_ip, self.runtime, self._names)
        bound = Informer(self.api, self.clock, POD, fields=f"spec.nodeName={self.name}")
        self._services = Informer(self.api, self.clock, SERVICE)
        referenced = [Informer(self.api, self.clock, kind) for kind in (SECRET, CONFIG_MAP)]
        self._services.on_change(lambda _change: self._publish())
        for informer in referenced:
            informer.on_change(self._wake)
        async with asyncio.TaskGroup() as group:
            self._group = group
            bound.on_change(self._take)
            for informer in (bound, self._services, *referenced):
                group.create_task(informer.run(), name=f"informer {informer.kind.plural}")

    def log(
        self, namespace: str, name: str, container: str, previous: bool
    ) -> tuple[Path, Callable[[], bool]] | None:
        """Where a container's log is."""
        run = next((r for r in self.pods.values() if r.key == (namespace, name)), None)
        return run.log_of(container, previous=previous) if run else None

    def _take(self, change: Change) -> None:
        """Start what is new, hand on what changed, end what is gone."""
        if change.old is not None and (change.new is None or uid_of(change.new) != uid_of(change.old)):
            gone = self.pods.get(uid_of(change.old))
            if gone is not None:
                gone.forget()
        if change.new is None:
            return
        refusal = admission.rejection(change.new)
        if refusal is not None:
            self._group.create_task(self._reject(change.new, refusal))
            return
        known = self.pods.get(uid_of(change.new))
        if known is not None:
            known.update(change.new)
            return
        phase = (change.new.get("status") or {}).get("phase")
        if phase in {"Succeeded", "Failed"} and not change.new["metadata"].get("deletionTimestamp"):
            return
        self._group.create_task(self._host(change.new))

    async def _host(self, pod: Object) -> None:
        run = PodRun(self.api, self._node, self._recorder, pod, self.root)
        beside = self.placed[namespace_of(pod)]
        before = [r for r in beside.values() if r.key == run.key]
        self.pods[uid_of(pod)] = beside[uid_of(pod)] = run
        run.on_ports = self._publish
        run.update(pod)
        try:
            for earlier in before:
                await earlier.ended.wait()
            await run.run()
        except (OSError, ApiError):
            _LOG.exception("pod %s/%s", *run.key)
        finally:
            run.ended.set()
            for known in (self.pods, beside):
                known.pop(uid_of(pod), None)
            self._publish()

    async def _reject(self, pod: Object, message: str) -> None:
        """Say that it is not run here, or let it go once it is deleted."""
        name, namespace = name_of(pod), namespace_of(pod)
        while True:
            try:
                if pod["metadata"].get("deletionTimestamp"):
                    await self.api.delete(POD, name, namespace, uid=uid_of(pod), grace=0)
                elif (pod.get("status") or {}).get("phase") != "Failed":
                    await self.api.patch_status(POD, name, admission.rejected(message), namespace)
            except (NotFound, Conflict):
                return
            except ApiError as error:
                _LOG.warning("pod %s/%s not rejected yet: %s", namespace, name, error)
                await self.clock.sleep(1.0)
            else:
                return

    def _publish(self) -> None:
        """Bring every pod's view of the cluster's Services up to date, where a pod can have a look."""
        if not self.runtime.real:
            return
        ready = [(run.pod, run.ports) for run in self.pods.values() if run.ready]
        known = services.text(services.table(self._services, ready))
        for run in self.pods.values():
            run.services_changed.set()
            if run.directory.is_dir():
                services.write(run.directory, run.key[0], known)

    def _names(self, pod: Object) -> frozenset[str]:
        return services.names(pod, self._services.of(namespace_of(pod)))

    def _wake(self, change: Change) -> None:
        for run in self.placed[change.key[0]].values():
            run.references_changed.set()
            run.mounts_changed.set()

    def _lookup(self, kind: Kind) -> Lookup:
        async def lookup(name: str, namespace: str) -> Object | None:
            """Ask the API rather than a copy, so that a start never sees an older value."""
            while True:
                try:
                    return await self.api.find(kind, name, namespace)
                except ApiError as error:
                    _LOG.warning("reading %s %s/%s: %s", kind.kind, namespace, name, error)
                    await self.clock.sleep(1.0)

        return lookup
