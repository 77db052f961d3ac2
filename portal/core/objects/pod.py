"""Pods: their phase, their containers and why one of them waits or died."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.core.cluster import KubeObject
from portal.core.objects.meta import (
    Condition,
    Meta,
    conditions_of,
    dig,
    mappings,
    meta_of,
    moment,
    number,
    text,
)


@dataclass(frozen=True, slots=True)
class Ended:
    """One termination of a container."""

    reason: str
    exit_code: int
    message: str = ""
    finished_at: float | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One container's status; `running_since` is when its environment was read."""

    name: str
    image: str = ""
    ready: bool = False
    restarts: int = 0
    waiting_reason: str = ""
    waiting_message: str = ""
    running_since: float | None = None
    ended: Ended | None = None
    last: Ended | None = None
    init: bool = False


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod."""

    meta: Meta
    phase: str = ""
    reason: str = ""
    message: str = ""
    node: str = ""
    started_at: float | None = None
    restart_policy: str = "Always"
    conditions: tuple[Condition, ...] = ()
    containers: tuple[Container, ...] = ()

    @classmethod
    def of(cls, item: KubeObject) -> "Pod":
        """Read one raw pod."""
        return cls(
            meta=meta_of(item, kind="Pod"),
            phase=text(item, "status", "phase"),
            reason=text(item, "status", "reason"),
            message=text(item, "status", "message"),
            node=text(item, "spec", "nodeName"),
            started_at=moment(item, "status", "startTime"),
            restart_policy=text(item, "spec", "restartPolicy") or "Always",
            conditions=conditions_of(item, "Ready", "PodScheduled"),
            containers=tuple(_containers(item)),
        )

    @property
    def ready(self) -> bool:
        """Whether the Ready condition holds."""
        return any(found.type == "Ready" and found.status == "True" for found in self.conditions)

    @property
    def environment_read_at(self) -> float | None:
        """When the oldest running container took its environment; a restart takes it anew."""
        starts = [found.running_since for found in self.containers if found.running_since is not None]
        return min(starts) if starts else None


def _containers(item: KubeObject) -> Iterator[Container]:
    for section, init in (("initContainerStatuses", True), ("containerStatuses", False)):
        for row in mappings(item, "status", section):
            yield Container(
                name=text(row, "name"),
                image=text(row, "image"),
                ready=dig(row, "ready") is True,
                restarts=number(row, "restartCount"),
                waiting_reason=text(row, "state", "waiting", "reason"),
                waiting_message=text(row, "state", "waiting", "message"),
                running_since=moment(row, "state", "running", "startedAt"),
                ended=_ended(dig(row, "state", "terminated")),
                last=_ended(dig(row, "lastState", "terminated")),
                init=init,
            )


def _ended(state: object) -> Ended | None:
    if not dig(state, "reason") and dig(state, "exitCode") is None:
        return None
    return Ended(
        reason=text(state, "reason"),
        exit_code=number(state, "exitCode"),
        message=text(state, "message"),
        finished_at=moment(state, "finishedAt"),
    )
