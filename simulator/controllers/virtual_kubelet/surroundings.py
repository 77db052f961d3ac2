"""What the life of a container needs of the pod and the node it is part of."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simulator.clock import Clock
from simulator.controllers.kinds import Object
from simulator.controllers.runtime.interface import Login, Runtime
from simulator.controllers.virtual_kubelet import environment


class Surroundings(Protocol):
    """What a container needs of the pod and the node it is part of."""

    pod: Object
    directory: Path
    changed: asyncio.Event
    references_changed: asyncio.Event

    async def event(self, kind: str, reason: str, message: str, container: str) -> None:
        """Record an event about one container of the pod."""

    async def logins(self) -> Sequence[Login] | None:
        """What the pod's pull secrets hold now; None for a pod that names none."""

    def log(self, container: str, restarts: int) -> Path:
        """Where the output of one run of a container goes."""

    def data(self, container: Object) -> Path | None:
        """The directory of the claim a container mounts first, if any."""

    def names(self) -> frozenset[str]:
        """What cluster DNS knows the pod by now."""

    def announced(self, ports: Mapping[str, int]) -> None:
        """Take note of the real ports the pod serves."""


@dataclass(frozen=True, slots=True)
class Node:
    """What all containers of the node share; `pod_ip` is what their pods show as their address."""

    clock: Clock
    sources: environment.Sources
    pod_ip: str
    runtime: Runtime
    names: Callable[[Object], frozenset[str]]
    """What cluster DNS knows a pod by now."""
