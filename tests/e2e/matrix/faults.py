"""The faults of the matrix, each as the gateway's rule for a call of one service, and the cases they make."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any

SERVICES = ("neon", "ssm", "s3", "kube")
# How the world answers somebody whose right, or whose credential, has gone.
_DENIED: Mapping[str, tuple[int, str]] = {
    "neon": (403, ""),
    "ssm": (400, "AccessDeniedException"),
    "s3": (403, "AccessDenied"),
    "kube": (403, "Forbidden"),
}
_EXPIRED: Mapping[str, tuple[int, str]] = {
    "neon": (401, ""),
    "ssm": (400, "ExpiredTokenException"),
    "s3": (400, "ExpiredToken"),
    "kube": (401, "Unauthorized"),
}
_PAGE = "<html><body>502 Bad Gateway</body></html>"


class Fault(StrEnum):
    """What happens at the call. A crash is the portal's end; everything else it survives or reports."""

    CRASH_BEFORE = "crash-before"
    CRASH_AFTER = "crash-after"
    CALL_LOST = "call-lost"
    ANSWER_LOST = "answer-lost"
    TIMEOUT = "timeout"
    TIMEOUT_AFTER = "timeout-after"
    THROTTLED = "throttled"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502-html"
    LOCKED = "423"
    DENIED = "denied"
    EXPIRED = "expired"

    @property
    def crash(self) -> bool:
        return self in {Fault.CRASH_BEFORE, Fault.CRASH_AFTER}

    @property
    def hangs(self) -> bool:
        """Whether the portal has to give the call up by itself."""
        return self in {Fault.TIMEOUT, Fault.TIMEOUT_AFTER}

    def applies(self, service: str) -> bool:
        """Only Neon locks."""
        return self is not Fault.LOCKED or service == "neon"

    def rule(self, service: str) -> dict[str, Any]:
        """The gateway's action and its details."""
        refusal = {Fault.DENIED: _DENIED, Fault.EXPIRED: _EXPIRED}.get(self)
        if refusal is None:
            return dict(_RULES[self])
        status, code = refusal[service]
        return {"action": "status", "status": status, "code": code}


_RULES: Mapping[Fault, Mapping[str, Any]] = {
    Fault.CRASH_BEFORE: {"action": "hang"},
    Fault.CRASH_AFTER: {"action": "hang_after"},
    Fault.CALL_LOST: {"action": "drop_before"},
    Fault.ANSWER_LOST: {"action": "drop_after"},
    Fault.TIMEOUT: {"action": "hang"},
    Fault.TIMEOUT_AFTER: {"action": "hang_after"},
    Fault.THROTTLED: {"action": "throttle", "seconds": 1.0},
    Fault.SERVER_ERROR: {"action": "status", "status": 500},
    Fault.BAD_GATEWAY: {"action": "status", "status": 502, "body": _PAGE},
    Fault.LOCKED: {"action": "status", "status": 423},
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """The nth call of one operation within an apply."""

    service: str
    operation: str
    nth: int
    mutating: bool

    def __str__(self) -> str:
        return f"{self.service}:{self.operation}#{self.nth}"


@dataclass(frozen=True, slots=True)
class Case:
    """One fault at one boundary."""

    number: int
    boundary: Boundary
    fault: Fault

    def __str__(self) -> str:
        return f"{self.boundary}-{self.fault}".replace(" ", "_")


def cases(boundaries: Iterator[Boundary] | tuple[Boundary, ...]) -> tuple[Case, ...]:
    """Every fault at every boundary."""
    pairs = ((each, fault) for each in boundaries for fault in Fault if fault.applies(each.service))
    return tuple(Case(number, *pair) for number, pair in enumerate(pairs))


def sample(every: tuple[Case, ...], size: int, seed: int) -> tuple[Case, ...]:
    """Some of them: every fault at some mutation, then others by chance."""
    chance = Random(seed)  # noqa: S311 - a seed repeats the choice
    mutations = [case for case in every if case.boundary.mutating]
    chosen = {
        chance.choice([case for case in mutations if case.fault is fault]): None
        for fault in Fault
        if any(case.fault is fault for case in mutations)
    }
    rest = [case for case in every if case not in chosen]
    return (*chosen, *chance.sample(rest, size - len(chosen)))
