"""What the gateway asks about a call, and the answers each API gives in its own form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import parse_qs

from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Head:
    """A request without its body; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Scope) -> "Head":
        return cls(
            method=scope["method"],
            path=scope["path"],
            query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
        )

    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer` header."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Operation:
    """What a call means: its name in the API's terms, whether it changes state, whether it streams."""

    name: str
    mutating: bool
    stream: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Refused(Exception):
    """The credential of a call is missing, unknown, or could be real; `reply` is what the caller gets."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        super().__init__(f"refused with {reply.status}")


_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine; no web page reaches a world through a domain of its own."""
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    return name in _LOOPBACK_HOSTS or name.endswith(".localhost")


class Service(Protocol):
    """One API as the gateway sees it."""

    name: str

    def operation(self, head: Head) -> Operation:
        """Names any call, also one the API does not know."""

    def caller(self, head: Head) -> str:
        """Whose credential the call carries; raises Refused."""

    def failure(self, status: int, code: str, message: str) -> Reply:
        """An error in the API's own form; an empty code or message stands for the API's usual one."""

    def throttled(self, retry_after: int) -> Reply:
        """How the API says that calls come too fast."""

    def last_word(self, failure: Reply) -> bytes:
        """What a stream says before it ends because of `failure`; empty where streams say nothing."""


def rehearsal_only(kind: str, where: str) -> str:
    """The sentence for a credential that could open something real."""
    return (
        f"This is a rehearsal: it refuses {kind} that look real. Use those in {where} of its run directory."
    )
