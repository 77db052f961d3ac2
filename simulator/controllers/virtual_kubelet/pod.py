"""One pod on the node: its directory, its containers in order, its status, its end."""

import asyncio
import json
import logging
import shutil
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path

from simulator.controllers.api import Api
from simulator.controllers.conditions import is_true
from simulator.controllers.errors import ApiError, Conflict, NotFound
from simulator.controllers.informer import latest
from simulator.controllers.kinds import POD, SECRET, Object, annotations_of, name_of, namespace_of, uid_of
from simulator.controllers.recorder import NORMAL, WARNING, Recorder
from simulator.controllers.runtime.interface import Login
from simulator.controllers.virtual_kubelet import launching, pull_secrets, references, status
from simulator.controllers.virtual_kubelet.container import ContainerLife
from simulator.controllers.virtual_kubelet.sequence import LAST_STATUS_SECONDS, Lives
from simulator.controllers.virtual_kubelet.surroundings import Node

PORTS = "rehearsal.zerotouch.dev/ports"
DEFAULT_GRACE = 30.0
RETRY_SECONDS = 1.0
FAULT_SECONDS = 10.0
MOUNT_FIRST, MOUNT_LAST, MOUNT_SYNC = 0.5, 122.0, 10.0
LOOK_SECONDS = 0.2
"""How often at most a pod's status is written; the kubelet looks at its containers once a second."""

_LOG = logging.getLogger(__name__)


class PodRun:
    """Runs one pod until it is deleted; `pod` is kept current by the node."""

    def __init__(self, api: Api, node: Node, recorder: Recorder, pod: Object, root: Path) -> None:
        self.pod = pod
        self.directory = root / "pods" / namespace_of(pod) / name_of(pod)
        self.changed = asyncio.Event()
        self.references_changed = asyncio.Event()
        self.mounts_changed = asyncio.Event()
        self.ports: dict[str, int] = {}
        self.on_ports: Callable[[], None] = lambda: None
        self.services_changed = asyncio.Event()
        self.ended = asyncio.Event()
        self._deleted = asyncio.Event()
        self._mounted = asyncio.Event()
        self._api = api
        self._node = node
        self._recorder = recorder
        self._root = root
        policy = pod["spec"].get("restartPolicy", "Always")
        before = [{**spec} for spec in pod["spec"].get("initContainers") or ()]
        first = "OnFailure" if policy == "Always" else policy
        starting = "PodInitializing" if before else "ContainerCreating"
        self._lives = Lives(
            [ContainerLife(node, self, c, policy=first, waiting="PodInitializing") for c in before],
            [
                ContainerLife(node, self, c, policy=policy, waiting=starting)
                for c in pod["spec"]["containers"]
            ],
        )

    @property
    def key(self) -> tuple[str, str]:
        return namespace_of(self.pod), name_of(self.pod)

    @property
    def ready(self) -> bool:
        return self._lives.ready and not self._deleted.is_set()

    def update(self, pod: Object) -> None:
        """Take the pod as the API has it; what an answer has told already is no news."""
        self.pod = latest(self.pod, pod)
        if pod["metadata"].get("deletionTimestamp"):
            self._deleted.set()
        elif "status" in pod and is_true(pod, "Ready") != self.ready:
            self.changed.set()

    def forget(self) -> None:
        """The pod is gone from the API already."""
        self._deleted.set()

    async def run(self) -> None:
        """Live until deleted, then end every container and let the object go."""
        if self._node.runtime.real:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.directory.mkdir(parents=True, mode=0o700)
        writing = asyncio.create_task(self._persistently(self._keep_status), name=f"status {self.key}")
        living = asyncio.create_task(self._persistently(self._live), name=f"pod {self.key}")
        naming = asyncio.create_task(self._persistently(self._keep_names), name=f"names {self.key}")
        mounting = asyncio.create_task(self._persistently(self._keep_mounts), name=f"mounts {self.key}")
        try:
            await self._deleted.wait()
            await self._end(living)
        finally:
            for task in (living, writing, naming, mounting):
                task.cancel()
            await asyncio.wait({living, writing, naming, mounting})
            await self._node.runtime.forget(uid_of(self.pod))
            if self._node.runtime.real:
                shutil.rmtree(self.directory, ignore_errors=True)

    async def event(self, kind: str, reason: str, message: str, container: str) -> None:
        """Record an event about one container."""
        initial = any(each.view.name == container for each in self._lives.init)
        among = "initContainers" if initial else "containers"
        field = f"spec.{among}{{{container}}}"
        await self._recorder.event(self.pod, kind, reason, message, field=field)

    def log(self, container: str, restarts: int) -> Path:
        """The file of one run's output; it outlives the pod."""
        namespace, name = self.key
        pod = f"{namespace}_{name}_{uid_of(self.pod)}"
        return self._root / "logs" / "pods" / pod / container / f"{restarts}.log"

    def data(self, container: Object) -> Path | None:
        """The directory behind the first claim a container mounts."""
        mounted = {mount["name"] for mount in container.get("volumeMounts") or ()}
        for volume in self.pod["spec"].get("volumes") or ():
            claim = volume.get("persistentVolumeClaim")
            if claim and volume["name"] in mounted:
                return self._root / "volumes" / self.key[0] / str(claim["claimName"])
        return None

    def names(self) -> frozenset[str]:
        """What cluster DNS knows the pod by now."""
        return self._node.names(self.pod)

    def announced(self, ports: Mapping[str, int]) -> None:
        """Take note of the real ports, and publish them on the pod."""
        if dict(ports) != self.ports:
            self.ports = dict(ports)
            self.changed.set()

    def log_of(self, container: str, *, previous: bool) -> tuple[Path, Callable[[], bool]] | None:
        """The log of a container's present or previous run, and whether it may still grow."""
        life = next((each for each in self._lives if each.view.name == container), None)
        if life is None or (previous and life.view.restarts == 0):
            return None
        number = life.view.restarts - 1 if previous else life.view.restarts
        path = self.log(container, number)
        if not previous and not path.exists() and number:
            path = self.log(container, number - 1)
        return path, lambda: not previous and life.running

    async def _persistently(self, work: Callable[[], Coroutine[None, None, None]]) -> None:
        """A fault over one pod is told, tried again, and takes none of the node's other pods with it."""
        while True:
            try:
                await work()
            except Exception as fault:  # noqa: BLE001 - told in the docstring
                _LOG.exception("pod %s/%s", *self.key)
                text = f"error syncing pod, trying again: {_cause(fault)}"
                await self._recorder.event(self.pod, WARNING, "FailedSync", text)
                await self._node.clock.sleep(FAULT_SECONDS)
            else:
                return

    async def _live(self) -> None:
        await self._check_pull_secrets()
        await self._check_volumes()
        await self._mount()
        await self._lives.run(float(self.pod["spec"].get("terminationGracePeriodSeconds", DEFAULT_GRACE)))

    async def _check_pull_secrets(self) -> None:
        """As the kubelet: a missing or unusable pull secret is a warning, and the pull proceeds."""
        found = await self._pull_secrets()
        unusable = [name for name, secret in found.items() if not pull_secrets.usable(secret)]
        if unusable:
            text = (
                f"Unable to retrieve some image pull secrets ({', '.join(unusable)}); "
                "attempting to pull the image may not succeed."
            )
            await self._recorder.event(self.pod, WARNING, "FailedToRetrieveImagePullSecret", text)

    async def logins(self) -> list[Login] | None:
        """What the pod's pull secrets hold now; None for a pod that names none."""
        if not self.pod["spec"].get("imagePullSecrets"):
            return None
        found = await self._pull_secrets()
        return [login for secret in found.values() if secret for login in pull_secrets.logins(secret)]

    async def _pull_secrets(self) -> dict[str, Object | None]:
        references = self.pod["spec"].get("imagePullSecrets") or ()
        return {reference["name"]: await self._find(reference["name"]) for reference in references}

    async def _check_volumes(self) -> None:
        """Tell of volumes that a container would look for in vain."""
        specs = [*(self.pod["spec"].get("initContainers") or ()), *self.pod["spec"]["containers"]]
        missing = sorted({name for spec in specs for name in launching.unmounted(self.pod, spec)})
        if missing and self._node.runtime.mounts:
            text = f"The rehearsal node mounts claims and empty directories only, not {', '.join(missing)}"
            await self._recorder.event(self.pod, WARNING, "FailedMount", text)

    async def _mount(self) -> None:
        """Set up the volumes of Secrets and ConfigMaps; without one of them no container is created."""
        delay = MOUNT_FIRST
        while True:
            self.mounts_changed.clear()
            try:
                found = await references.files(self.pod, self._node.sources)
            except references.MountFailed as error:
                await self._recorder.event(self.pod, WARNING, "FailedMount", str(error))
                await self._mounts_changed_or(delay)
                delay = min(MOUNT_LAST, 2 * delay)
                continue
            if self._node.runtime.real:
                references.write(self.directory / "volumes", found)
            self._mounted.set()
            return

    async def _keep_mounts(self) -> None:
        """Bring the files up to date when what they come from has changed, as the kubelet does in time."""
        await self._mounted.wait()
        while references.names(self.pod):
            await self.mounts_changed.wait()
            await self._node.clock.sleep(MOUNT_SYNC)
            await self._mount()

    async def _mounts_changed_or(self, seconds: float) -> None:
        change = asyncio.create_task(self.mounts_changed.wait())
        later = asyncio.create_task(self._node.clock.sleep(seconds))
        try:
            await asyncio.wait({change, later}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()
            later.cancel()

    async def _keep_names(self) -> None:
        """Let running containers be found by what the pod is known by, as Services come."""
        while True:
            self.services_changed.clear()
            for life in self._lives:
                await life.known_as(self.names())
            await self.services_changed.wait()

    async def _find(self, name: str) -> Object | None:
        try:
            return await self._api.find(SECRET, name, self.key[0])
        except ApiError:
            return None

    async def _end(self, living: "asyncio.Task[None]") -> None:
        """Graceful end, last status, final delete."""
        grace = float(self.pod["metadata"].get("deletionGracePeriodSeconds", DEFAULT_GRACE))
        running = [life for life in self._lives if life.running]
        for life in running:
            text = f"Stopping container {life.view.name}"
            await self.event(NORMAL, "Killing", text, life.view.name)
        await self._lives.end(grace)
        if running:
            await asyncio.wait({living}, timeout=LAST_STATUS_SECONDS)
        await self._release()

    async def _release(self) -> None:
        """The last status, then the final delete, tried until the pod is gone from the API."""
        while True:
            try:
                await self._write_status()
                await self._api.delete(POD, self.key[1], self.key[0], uid=uid_of(self.pod), grace=0)
            except (NotFound, Conflict):
                return
            except ApiError as error:
                _LOG.warning("pod %s/%s not released yet: %s", *self.key, error)
                await self._node.clock.sleep(RETRY_SECONDS)
            else:
                return

    async def _keep_status(self) -> None:
        """Write the status as it is first, and whenever it changed since the last look."""
        self.changed.set()
        while True:
            await self.changed.wait()
            self.changed.clear()
            try:
                await self._write_status()
            except NotFound:
                continue
            except ApiError as error:
                _LOG.warning("status of pod %s/%s: %s", *self.key, error)
                self.changed.set()
                await self._node.clock.sleep(RETRY_SECONDS)
            else:
                await self._node.clock.sleep(LOOK_SECONDS)

    async def _write_status(self) -> None:
        """What the pod is now, and the ports it is served at, in one write."""
        self.on_ports()
        namespace, name = self.key
        patch: Object = {}
        shown = json.dumps(self.ports, sort_keys=True)
        if self.ports and annotations_of(self.pod).get(PORTS) != shown:
            patch["metadata"] = {"annotations": {PORTS: shown}, "uid": uid_of(self.pod)}
        init, main = ([life.view for life in lives] for lives in (self._lives.init, self._lives.main))
        fresh = status.pod_status(self.pod, init, main, self._node.clock.now(), self._node.pod_ip)
        old = self.pod.get("status") or {}
        if any(old.get(key) != value for key, value in fresh.items()):
            patch["status"] = fresh
        if patch:
            written = await self._api.merge_patch(POD, name, patch, namespace, subresource="status")
            self.pod = latest(self.pod, written)


def _cause(fault: BaseException) -> str:
    """The first fault of a group, without the text of those that might quote a value."""
    while isinstance(fault, BaseExceptionGroup):
        fault = fault.exceptions[0]
    return f"{type(fault).__name__}: {fault.strerror}" if isinstance(fault, OSError) else type(fault).__name__
