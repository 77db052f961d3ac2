"""Every call from the engine to the outside is a boundary; a fault happens at exactly one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import wraps
from random import Random
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from portal.errors import AccessDenied, Locked, NotLoggedIn, Throttled, Unreachable

P = ParamSpec("P")
T = TypeVar("T")


class Killed(BaseException):
    """The process died here; nothing it would have done afterwards happens."""


class FaultKind(StrEnum):
    """What happens at a boundary."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ANSWER_LOST = "answer lost"
    CALL_LOST = "call lost"
    THROTTLED = "throttled"
    LOCKED = "locked"
    SERVER_ERROR = "server error"
    DENIED = "denied"
    EXPIRED = "expired"


class VirtualClock:
    """Time passes only by sleeping; a sleep lets other tasks run and returns at once."""

    def __init__(self) -> None:
        """Begin at a fixed moment."""
        self._seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 31, 12, 0, tzinfo=UTC) + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        self._seconds += seconds
        await asyncio.sleep(0)

    def pass_by(self, seconds: float) -> None:
        """Let time pass while nobody works."""
        self._seconds += seconds


@dataclass(slots=True)
class Boundaries:
    """Counts calls, records mutations, and makes the fault happen at the call it is set for."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    count: int = 0
    calls: list[str] = field(default_factory=list)
    mutations: list[str] = field(default_factory=list)
    fault: tuple[int, FaultKind] | None = None
    second: tuple[int, FaultKind] | None = None
    counting: bool = False
    hit: str = ""
    dead: bool = False
    before: Callable[[str], Awaitable[None]] | None = None
    shuffle: Random | None = None

    def set_fault(self, at: int, kind: FaultKind) -> None:
        """Fail the at-th call from now, counting from 1."""
        self.count, self.fault, self.hit, self.counting = 0, (at, kind), "", False

    def set_faults(self, first: tuple[int, FaultKind], second: tuple[int, FaultKind]) -> None:
        """The second is counted from the first and may strike a later process."""
        self.set_fault(*first)
        self.second = second

    def revive(self) -> None:
        """A new process starts, in a world without faults but for one that is counted already."""
        self.dead = False
        if not self.counting:
            self.fault = self.second = None
            self.count = 0
        self.calls.clear()
        self.mutations.clear()

    async def enter(self, name: str) -> FaultKind | None:
        """Called before the effect; returns the fault that is due after it."""
        if self.dead:
            raise Killed
        if self.shuffle:
            for _ in range(self.shuffle.randrange(4)):
                await asyncio.sleep(0)
        self.count += 1
        self.calls.append(name)
        if self.before:
            await self.before(name)
        if not self.fault or self.fault[0] != self.count:
            return None
        kind = self.fault[1]
        self.hit = f"{self.hit}, {name}" if self.hit else name
        self.counting = self.second is not None
        self.fault, self.second, self.count = self.second, None, 0
        return kind

    def die(self) -> Killed:
        """The process is dead from here on."""
        self.dead = True
        return Killed()


class HasBoundaries(Protocol):
    """What a fake must carry."""

    @property
    def boundaries(self) -> Boundaries: ...


H = TypeVar("H", bound=HasBoundaries)
Method = Callable[Concatenate[H, P], Coroutine[Any, Any, T]]


def boundary(system: str, *, mutating: bool = False) -> Callable[[Method[H, P, T]], Method[H, P, T]]:
    """Mark a fake's method as a call to the outside."""

    def decorate(method: Method[H, P, T]) -> Method[H, P, T]:
        name = f"{system}:{method.__name__}"

        @wraps(method)
        async def called(self: H, /, *args: P.args, **kwargs: P.kwargs) -> T:
            boundaries = self.boundaries
            fault = await boundaries.enter(name)
            _fail_before(boundaries, fault, system, method.__name__)
            if mutating:
                boundaries.mutations.append(name)
            answer = await method(self, *args, **kwargs)
            if fault is FaultKind.CRASH_AFTER:
                raise boundaries.die()
            if fault is FaultKind.ANSWER_LOST:
                raise Unreachable("connection reset", system=system, operation=method.__name__)
            return answer

        return called

    return decorate


def _fail_before(boundaries: Boundaries, fault: FaultKind | None, system: str, operation: str) -> None:
    if fault is FaultKind.CRASH_BEFORE:
        raise boundaries.die()
    if fault is FaultKind.CALL_LOST:
        raise Unreachable("connection timed out", system=system, operation=operation)
    if fault is FaultKind.THROTTLED:
        raise Throttled("too many requests", system=system, operation=operation, retry_after=3.0)
    if fault is FaultKind.LOCKED:
        raise Locked("running conflicting operations", system=system, operation=operation)
    if fault is FaultKind.SERVER_ERROR:
        raise Unreachable("HTTP 500", system=system, operation=operation)
    if fault is FaultKind.DENIED:
        raise AccessDenied("not allowed", system=system, operation=operation)
    if fault is FaultKind.EXPIRED:
        raise NotLoggedIn("the token has expired", system=system, operation=operation)
