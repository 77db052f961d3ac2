"""Operations: what a mutation sets going, how long it takes, and why the next mutation has to wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import psycopg

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.clock import Clock
from simulator.neon.background import Background
from simulator.neon.mint import Mint
from simulator.neon.mishaps import Mishap, Mishaps
from simulator.neon.model import Endpoint, Operation, Project
from simulator.neon.refusals import Locked

CONFLICT = "project already has running conflicting operations, scheduling of new ones is prohibited"
_HISTORY = 5000
_EFFECT_SECONDS = 120.0
_TRIES = 3
_FIRST_RETRY_SECONDS = 2.0
_CANCEL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Delays:
    """Simulated seconds an action takes before its effect; `cold_start` is what a waking connection waits."""

    actions: dict[str, float] = field(
        default_factory=lambda: {"create_timeline": 0.2, "apply_config": 0.3, "suspend_compute": 0.1}
    )
    other: float = 0.2
    cold_start: float = 0.3

    def of(self, action: str) -> float:
        return self.actions.get(action, self.other)


def _nothing() -> None:
    """What most steps leave behind when they are given up."""


@dataclass(frozen=True, slots=True)
class Step:
    """One operation to come; `effect` says whether it did anything (finished) or had no need to (skipped).

    `given_up` is called once when the effect failed for good or was cancelled.
    """

    action: str
    effect: Callable[[], Awaitable[bool]]
    branch_id: str
    endpoint_id: str | None = None
    given_up: Callable[[], None] = _nothing


class Operations:
    """Runs the steps of each mutation in order, in the background, by the clock."""

    def __init__(
        self, clock: Clock, mint: Mint, background: Background, delays: Delays, mishaps: Mishaps
    ) -> None:
        self._clock = clock
        self._mint = mint
        self._background = background
        self._delays = delays
        self._mishaps = mishaps

    def require_unlocked(self, project: Project) -> None:
        """Raise Locked while an operation of an earlier mutation has not ended."""
        if any(op.exclusive and not op.ended for op in project.operations):
            raise Locked(CONFLICT)

    def begin(self, project: Project, steps: Sequence[Step]) -> list[Operation]:
        """Lock the project and set the steps going; the first runs at once, the others are scheduled."""
        begun = [self._record(project, step.action, step.branch_id, step.endpoint_id) for step in steps]
        if begun:
            begun[0].status = "running"
            self._background.spawn(
                self._run(list(zip(begun, steps, strict=True))), f"operations of {project.id}"
            )
        return begun

    @asynccontextmanager
    async def unsolicited(self, project: Project, action: str, endpoint: Endpoint) -> AsyncIterator[None]:
        """Record what the platform does by itself, such as waking for a connection; locks nothing."""
        operation = self._record(project, action, endpoint.branch_id, endpoint.id)
        operation.exclusive = False
        self._set(operation, "running")
        try:
            yield
        except BaseException as exc:
            self._failed(operation, exc)
            raise
        self._set(operation, "finished")

    def quietly(
        self, project: Project, action: str, endpoint: Endpoint, effect: Callable[[], Awaitable[bool]]
    ) -> None:
        """Do in the background what no answer tells of; it locks nothing, and may fail."""

        async def work() -> None:
            try:
                async with self.unsolicited(project, action, endpoint):
                    await effect()
            except (psycopg.Error, PostgresUnavailable, OSError):
                return

        self._background.spawn(work(), f"{action} of {endpoint.id}")

    async def _run(self, work: list[tuple[Operation, Step]]) -> None:
        for number, (operation, step) in enumerate(work, 1):
            if not await self._carry_out(operation, step):
                step.given_up()
                await self._cancel(work[number:])
                return

    async def _carry_out(self, operation: Operation, step: Step) -> bool:
        """Try until it works or it is clear that it will not; False when it was given up."""
        while True:
            operation.retry_at = None
            self._set(operation, "running")
            await self._clock.sleep(self._delays.of(step.action))
            try:
                if (error := self._mishaps.failing(step.action)) is not None:
                    raise Mishap(error)  # noqa: TRY301 - it goes the way of every failure
                async with asyncio.timeout(_EFFECT_SECONDS):
                    self._set(operation, "finished" if await step.effect() else "skipped")
            except (psycopg.Error, PostgresUnavailable, OSError, Mishap) as exc:
                wait = _FIRST_RETRY_SECONDS * 2**operation.failures_count
                if not self._failed(operation, exc, retry_in=wait):
                    return False
                await self._clock.sleep(wait)
            else:
                return True

    async def _cancel(self, rest: list[tuple[Operation, Step]]) -> None:
        for operation, _ in rest:
            self._set(operation, "cancelling")
        await self._clock.sleep(_CANCEL_SECONDS)
        for operation, step in rest:
            step.given_up()
            self._set(operation, "cancelled")

    def _record(self, project: Project, action: str, branch_id: str, endpoint_id: str | None) -> Operation:
        now = self._clock.now()
        operation = Operation(
            self._mint.uuid(), project.id, action, "scheduling", now, now, branch_id, endpoint_id
        )
        project.operations.append(operation)
        del project.operations[:-_HISTORY]
        return operation

    def _set(self, operation: Operation, status: str) -> None:
        operation.status = status
        operation.updated_at = self._clock.now()

    def _failed(self, operation: Operation, cause: BaseException, retry_in: float | None = None) -> bool:
        """Record a failure; True when there is to be another try: a refused statement is refused again."""
        operation.error = _sentence(cause)
        operation.failures_count += 1
        refused = isinstance(cause, psycopg.Error) and not isinstance(cause, psycopg.OperationalError)
        again = retry_in is not None and not refused and operation.failures_count < _TRIES
        operation.retry_at = self._clock.now() + timedelta(seconds=retry_in or 0) if again else None
        self._set(operation, "error" if refused else "failed")
        return again


def _sentence(cause: BaseException) -> str:
    """The server's own message where there is one: the full text would quote the statement."""
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        return cause.diag.message_primary
    return str(cause) or type(cause).__name__
