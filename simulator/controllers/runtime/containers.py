"""Containers of an engine: one for each run, on the run's network, its ports published on loopback."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simulator.backends.containers import community, container, volume
from simulator.backends.containers.container import Started
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.failures import ContainersUnavailable, ImageUnavailable
from simulator.backends.containers.network import Network
from simulator.controllers.runtime import images
from simulator.controllers.runtime.announcing import announce
from simulator.controllers.runtime.interface import (
    ALWAYS,
    NEVER,
    Ended,
    Launch,
    Mount,
    NotStarted,
    PullFailed,
    Pulling,
)
from simulator.controllers.runtime.reach import listens

KILLED = 137
"""What a container that was killed ends with, and what is assumed of one that nobody can tell the end of."""
_PERIOD, _SHORTEST = 100_000, 1_000
"""Microseconds in which a limit of processors is measured out, and the least of them an engine takes."""


@dataclass(slots=True)
class ContainerRuntime:
    """`dragonfly` is the image that runs where a pod asks for any image of Dragonfly.

    Without a network no container is found by a name, or finds one. `hosts` is asked at each start which
    further host names lead where.
    """

    engine: Engine
    dragonfly: str
    version: str
    network: Network | None = None
    hosts: Callable[[], Mapping[str, str]] = dict
    mounts: bool = True
    real: bool = True
    _volumes: set[str] = field(default_factory=set)
    _generation: str = field(default_factory=lambda: secrets.token_hex(2))
    """In the names of volumes, so that a runtime after this one never finds what was in them."""

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """As the kubelet: what is here is used unless the policy is Always; raises PullFailed."""
        images.check(image)
        pinned = self._image(image)
        if pinned != image and policy == ALWAYS:
            policy = ""
        try:
            if policy != ALWAYS and await self.engine.present(pinned):
                return False
            if policy == NEVER:
                raise images.never(image)
            logins = await pulling() or ()
            login = next((each for each in logins if each.registry == images.registry(pinned)), None)
            await self.engine.pull(pinned, _untold, (login.username, login.password) if login else None)
        except ImageUnavailable as exc:
            raise PullFailed("ErrImagePull", exc.words or exc.why) from exc
        except ContainersUnavailable as exc:
            raise PullFailed("ErrImagePull", str(exc)) from exc
        return True

    async def start(self, launch: Launch) -> "ContainerRunning":
        """A started container, its ports announced; raises NotStarted."""
        stack = AsyncExitStack()
        launch.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            for mount in launch.mounts:
                await self._make(mount)
            running = container.running(
                self.engine, lambda: self._made(launch), name=launch.name, log=launch.log
            )
            started = await stack.enter_async_context(running)
        except ContainersUnavailable as exc:
            raise NotStarted(exc.words or str(exc)) from exc
        return ContainerRunning(self, launch, started, stack)

    async def forget(self, pod: str) -> None:
        """Remove the empty directories of a pod; what cannot be removed now goes with the run."""
        gone = {name for name in self._volumes if name.startswith(f"empty-{pod}-")}
        self._volumes -= gone
        for name in gone:
            with contextlib.suppress(ContainersUnavailable):
                await volume.remove(self.engine, self._called(name))

    async def close(self) -> None:
        """Remove every volume; no container is left."""
        names, self._volumes = self._volumes, set()
        for name in names:
            await volume.remove(self.engine, self._called(name))

    def _called(self, name: str) -> str:
        return self.engine.marks.name(f"{self._generation}-{name}")

    def _image(self, image: str) -> str:
        return self.dragonfly if images.of_dragonfly(image) else image

    async def _make(self, mount: Mount) -> None:
        if mount.volume not in self._volumes:
            await volume.make(self.engine, f"{self._generation}-{mount.volume}")
            self._volumes.add(mount.volume)

    def _made(self, launch: Launch) -> Any:
        made = community.plain(self._image(launch.image)).with_exposed_ports(*launch.ports)
        made.env.update(launch.env)
        if launch.args:
            made.with_command(list(launch.args))
        for mount in launch.mounts:
            mode = "ro" if mount.read_only else "rw"
            made.with_volume_mapping(self._called(mount.volume), mount.path, mode)
        given: dict[str, Any] = {
            "hostname": launch.hostname,
            "entrypoint": list(launch.command) or None,
            "mem_limit": launch.memory,
            "memswap_limit": launch.memory,
            "cpu_period": _PERIOD if launch.cpus else None,
            "cpu_quota": max(_SHORTEST, round(launch.cpus * _PERIOD)) if launch.cpus else None,
            "user": launch.user or None,
            "working_dir": launch.working_directory or None,
            "read_only": launch.read_only,
        }
        if self.network is not None:
            made.with_network(self.network).with_network_aliases(*sorted(launch.names))
            given |= {"extra_hosts": dict(self.hosts()), "dns_search": [launch.search]}
        return made.with_kwargs(**{name: value for name, value in given.items() if value is not None})


class ContainerRunning:
    """One container."""

    def __init__(
        self, runtime: ContainerRuntime, launch: Launch, started: Started, stack: AsyncExitStack
    ) -> None:
        self._engine = runtime.engine
        self._network = runtime.network
        self._launch = launch
        self._started = started
        self._stack = stack
        self._names = launch.names
        self._ended = asyncio.ensure_future(started.exited())
        self._announce(launch.directory)

    @property
    def id(self) -> str:
        return f"docker://{self._started.id}"

    @property
    def alive(self) -> bool:
        return not self._ended.done()

    async def wait(self) -> Ended:
        ended = await asyncio.shield(self._ended)
        if ended.status is None:
            return Ended(KILLED, "ContainerStatusUnknown")
        return Ended(ended.status, "OOMKilled" if ended.out_of_memory else "")

    async def ask_to_end(self) -> None:
        await self._signal(self._started.stop_signal)

    async def kill(self) -> None:
        if self.alive:
            await self._signal("SIGKILL")
            await self.wait()

    async def close(self) -> None:
        """Removal kills; one that the engine cannot do now is left to the end of the run."""
        with contextlib.suppress(ContainersUnavailable):
            await self._stack.aclose()

    async def accepts(self, port: int) -> bool:
        return await listens(port)

    async def execute(self, command: Sequence[str]) -> tuple[int, str]:
        def work(client: Any) -> tuple[int, str]:
            made = client.api.exec_create(self._started.id, list(command))
            output = client.api.exec_start(made["Id"])
            return int(client.api.exec_inspect(made["Id"])["ExitCode"]), output.decode(errors="replace")

        try:
            return await self._engine.call(f"running a program in {self._launch.name}", work)
        except ContainersUnavailable as exc:
            return 1, exc.words or str(exc)

    async def known_as(self, names: frozenset[str]) -> None:
        """Joins the network anew, which cuts its connections; the ports it is published at may change."""
        if self._network is None or names <= self._names or not self.alive:
            return
        network, all_names = self._network, self._names | names

        def work(client: Any) -> None:
            seen = client.api.inspect_container(self._started.id)["NetworkSettings"]["Networks"]
            if network.name in seen:
                client.api.disconnect_container_from_network(self._started.id, network.id)
            client.api.connect_container_to_network(self._started.id, network.id, aliases=sorted(all_names))

        await self._engine.call(f"naming {self._launch.name}", work)
        self._names = all_names
        await self._started.look()
        self._announce(self._launch.directory)

    async def _signal(self, name: str) -> None:
        """One that ended or was removed meanwhile needs none; of a lost engine `wait` tells."""
        with contextlib.suppress(ContainersUnavailable):
            await self._engine.call(
                f"ending {self._launch.name}", lambda client: client.api.kill(self._started.id, name)
            )

    def _announce(self, directory: Path) -> None:
        announce(directory, {str(port): self._started.port(port) for port in self._launch.ports})


def _untold(_: str) -> None:
    """Progress of pulls has no place in a pod's events."""
