"""One container of a run: started with the run's marks, its output in a file, removed for certain."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from simulator.backends.containers import failures, sdk
from simulator.backends.containers.engine import Engine
from simulator.backends.containers.following import Exit, Follower
from simulator.backends.containers.threads import in_thread

START_SECONDS = 60.0
"""Real seconds to create and start one whose image is there."""
LOOPBACK = "127.0.0.1"
_CLEAR_SECONDS = 10.0


class Started:
    """A container that was started; it exists until its context ends, also while it is stopped."""

    def __init__(self, engine: Engine, name: str, log: Path, container: Any) -> None:
        self.name = name
        self.log = log
        self.id = str(container.id)
        self._engine = engine
        self._container = container
        self._ports: dict[str, int] = {}
        self._removed = False
        self._follower = Follower(engine.url, self.id, log)

    @property
    def stop_signal(self) -> str:
        """What asks it to end, by the choice of its image."""
        return self._container.attrs.get("Config", {}).get("StopSignal") or "SIGTERM"

    async def look(self) -> None:
        """Note where its ports are published."""
        await self._engine.call(f"inspecting {self.name}", lambda _: self._container.reload())
        self._ports = _published(self._container.attrs)

    async def refresh(self) -> None:
        """Note where its ports are published, and follow its output from now on."""
        await self.look()
        self._follower.begin()

    def port(self, container_port: int) -> int:
        """The port of 127.0.0.1 that leads to it, until the container is stopped.

        0, at which nobody answers, when it had ended before that could be noted.
        """
        return self._ports.get(f"{container_port}/tcp", 0)

    async def exited(self) -> Exit:
        """How its present life ended, once it has; any number of tasks may wait."""
        return await asyncio.shield(self._follower.ended)

    async def stop(self, grace: float = 10.0) -> Exit:
        """Ask it to end, kill it after `grace` real seconds, keep it; returns how it ended."""
        await self._engine.call(
            f"stopping {self.name}",
            lambda _: self._container.stop(timeout=round(grace)),
            seconds=grace + self._engine.seconds,
        )
        return await self.exited()

    async def start(self) -> None:
        """Start it again after `stop` or its own end; its published ports may be others."""
        await self._engine.call(
            f"starting {self.name}", lambda _: self._container.start(), seconds=START_SECONDS
        )
        await self.refresh()

    async def remove(self) -> None:
        """Kill and remove it with its anonymous volumes, also for a cancelled caller; may be repeated."""
        if self._removed:
            return
        self._removed = True
        await asyncio.shield(
            in_thread(lambda: _remove(self._engine.url, self._container), f"remove {self.name}")
        )
        await self._follower.close()


@asynccontextmanager
async def running(
    engine: Engine, make: Callable[[], Any], *, name: str, log: Path, reaper: bool = False
) -> AsyncGenerator[Started]:
    """A started container until the context ends.

    `make` returns a testcontainers `DockerContainer`, configured; it is called on a thread, as its making
    asks the engine. It is created and started; waiting until it serves is the caller's part, with a real
    answer, for a published port accepts connections before anybody listens behind it. A subclass's own
    waiting is not done. Raises ContainersUnavailable; a cancelled start leaves no container.
    """
    labels = engine.marks.reaper_labels() if reaper else engine.marks.labels(name)
    start = _Start(engine, make, name, labels)
    started = Started(engine, name, log, await start.container())
    try:
        await started.refresh()
        yield started
    finally:
        await started.remove()


class _Start:
    """A start that can be given up: whoever learns last that it was, removes what was made."""

    def __init__(self, engine: Engine, make: Callable[[], Any], name: str, labels: dict[str, str]) -> None:
        self._engine = engine
        self._make = make
        self._name = name
        self._labels = labels
        self._given_up = threading.Event()

    async def container(self) -> Any:
        await self._engine.call("reaching the engine", lambda client: client)
        work = in_thread(self._begin, f"start {self._name}")
        try:
            async with asyncio.timeout(START_SECONDS):
                return await asyncio.shield(work)
        except TimeoutError as exc:
            self._given_up.set()
            raise failures.ContainersUnavailable(
                failures.Cause.SILENT,
                f"{self._name} was not started within {START_SECONDS:.0f} s: restart Docker.",
            ) from exc
        except asyncio.CancelledError:
            self._given_up.set()
            await asyncio.wait([work], timeout=_CLEAR_SECONDS)
            await self._clear(work)
            raise

    async def _clear(self, work: "asyncio.Future[Any]") -> None:
        """Remove what had been started by the time it was given up; later the thread does it."""
        if work.done() and not work.exception():
            url, made = self._engine.url, work.result()
            await asyncio.shield(in_thread(lambda: _remove(url, made), f"remove {self._name}"))

    def _begin(self) -> Any:
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - loaded when used

        self._engine.starting.add(self)
        try:
            with sdk.explained(self._engine.url, f"starting {self._name}"):
                container = self._make()
                try:
                    self._mark(container)
                    DockerContainer.start(container)
                    made = container.get_wrapped_container()
                except BaseException:
                    self._discard(container)
                    raise
                if self._given_up.is_set():
                    self._discard(container)
            return made
        finally:
            self._engine.starting.discard(self)

    def _mark(self, container: Any) -> None:
        container._kwargs = {**container._kwargs, "labels": self._labels}  # noqa: SLF001 - with_kwargs replaces
        container.ports = {port: (LOOPBACK, host) for port, host in container.ports.items()}
        if container._name is None:  # noqa: SLF001 - has no public reader
            container.with_name(self._engine.marks.name(self._name))

    def _discard(self, container: Any) -> None:
        """Remove what was created, started or not."""
        if (made := container._container) is not None:  # noqa: SLF001 - the public reader raises
            _remove(self._engine.url, made)
        container.get_docker_client().client.close()


def _remove(url: str, container: Any) -> None:
    """Gone already, or going, is fine."""
    import docker.errors  # noqa: PLC0415 - loaded when used

    with sdk.explained(url, f"removing {container.name}"):
        try:
            container.remove(force=True, v=True)
        except docker.errors.NotFound:
            pass
        except docker.errors.APIError as exc:
            if "already in progress" not in sdk.words(exc):
                raise
        finally:
            container.client.close()


def _published(attributes: dict[str, Any]) -> dict[str, int]:
    ports = attributes.get("NetworkSettings", {}).get("Ports") or {}
    return {port: int(bindings[0]["HostPort"]) for port, bindings in ports.items() if bindings}
