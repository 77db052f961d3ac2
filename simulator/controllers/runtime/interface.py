"""What a node asks of the container runtime below it: images, and containers that run, are asked, and end."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

ALWAYS, IF_NOT_PRESENT, NEVER = "Always", "IfNotPresent", "Never"


class PullFailed(Exception):
    """The image cannot be had; `reason` is the waiting reason, the text the kubelet's message."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class NotStarted(Exception):
    """The container could not be started; the text is the waiting message."""


@dataclass(frozen=True, slots=True)
class Ended:
    """`status` is 128 plus the signal's number where a signal ended it; `reason` where it tells more."""

    status: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mount:
    """A volume at a path; `volume` names it on the node, where it lasts, if `brief` with its pod."""

    volume: str
    path: str
    brief: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Launch:
    """One run of a container.

    `name` is unique among all runs on the node, `pod` among the pods there ever are. The image's own program
    is replaced by `command` and its arguments by `args`, where these are given. `env` is what the API gives
    it. `names` are what other containers find it by, `search` completes the names without a dot it looks for
    itself. `directory` is the pod's, `data` is where a process keeps what it would keep in its first claim.
    """

    name: str
    pod: str
    hostname: str
    image: str
    command: Sequence[str] = field(repr=False)
    args: Sequence[str] = field(repr=False)
    env: Mapping[str, str] = field(repr=False)
    ports: Sequence[int]
    directory: Path
    log: Path
    data: Path | None = None
    names: frozenset[str] = frozenset()
    search: str = ""
    mounts: Sequence[Mount] = ()
    memory: int | None = None
    """The most bytes it may use."""
    cpus: float | None = None
    user: str = ""
    """`uid` or `uid:gid`; the image's own where it is empty."""
    working_directory: str = ""
    read_only: bool = False


class Running(Protocol):
    """One run of a container, from its start on; it ends with `close` at the latest."""

    @property
    def id(self) -> str:
        """`<runtime>://<id>`."""

    @property
    def alive(self) -> bool:
        """Whether it has not ended yet."""

    async def wait(self) -> Ended:
        """How it ended, once it has; any number of tasks may wait."""

    async def ask_to_end(self) -> None:
        """Send the signal that asks for the end: the image's choice, usually SIGTERM."""

    async def close(self) -> None:
        """Kill it if it still runs; nothing stays of it but its log."""

    async def kill(self) -> None:
        """Kill it, and return once it has ended."""

    async def accepts(self, port: int) -> bool:
        """Whether somebody listens behind a published port."""

    async def execute(self, command: Sequence[str]) -> tuple[int, str] | None:
        """The status and output of a program run inside it; None where nothing can be run inside."""

    async def known_as(self, names: frozenset[str]) -> None:
        """Let it be found by these names too."""


@dataclass(frozen=True, slots=True)
class Login:
    """Who one is to a registry."""

    registry: str
    username: str = field(repr=False)
    password: str = field(repr=False)


Pulling = Callable[[], Awaitable[Sequence[Login] | None]]
"""Told before an image is fetched; returns the logins that may be tried, None where none is needed."""


class Runtime(Protocol):
    """The published port behind each of a container's ports is announced in its pod's directory."""

    @property
    def version(self) -> str:
        """`<runtime>://<version>`, as a node shows it."""

    @property
    def mounts(self) -> bool:
        """Whether volumes are really mounted."""

    @property
    def real(self) -> bool:
        """Whether its containers are there: have files, write logs, can be asked how they are."""

    async def pull(self, image: str, policy: str, pulling: Pulling) -> bool:
        """Have the image; whether it was fetched. Raises PullFailed."""

    async def start(self, launch: Launch) -> Running:
        """A started container; raises NotStarted."""

    async def forget(self, pod: str) -> None:
        """Remove what was kept for a pod all of whose containers were closed."""
