"""One request, taken apart: who asks, for which resource, with which options."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from simulator.clock import Clock
from simulator.kube.access.identity import Identity
from simulator.kube.encoding.forms import PLAIN, Form
from simulator.kube.resource import Resource

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Clocks:
    """The time objects live in, and the time connections are held by."""

    world: Clock
    wire: Clock


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    identity: Identity

    def flag(self, name: str) -> bool:
        """Whatever stands there means yes, except `false` and `0`."""
        return name in self.query and self.query[name].lower() not in {"false", "0"}

    @property
    def manager(self) -> str:
        """The field manager: given, or the first part of the User-Agent."""
        named = self.query.get("fieldManager", "")
        return named or self.headers.get("user-agent", "").partition("/")[0].strip() or "unknown"

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"


@dataclass(frozen=True, slots=True)
class Target:
    """What the path names."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    rest: tuple[str, ...] = ()


@dataclass(slots=True)
class Reply:
    """An answer that is complete."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: Sequence[Header] = ()


@dataclass(slots=True)
class Stream:
    """An answer that is sent piece by piece; the client may leave at any time.

    One that leaves a piece unread for `patience` seconds is cut off.
    """

    chunks: Any
    status: int = 200
    media_type: str = "application/json"
    patience: float = 30.0


@dataclass(slots=True)
class Outcome:
    """What a handler of objects hands back: the object's state, and what there is to warn about."""

    value: dict[str, Any]
    status: int = 200
    warnings: list[str] = field(default_factory=list)
    form: Form = PLAIN
