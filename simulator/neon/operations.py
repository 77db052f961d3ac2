"""Operations: what a mutation sets going, how long it takes, and why the next mutation has to wait."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.clock import Clock
from simulator.neon.background import Background
from simulator.neon.mint import Mint
from simulator.neon.model import ENDED, Endpoint, Operation, Project
from simulator.neon.refusals import Locked

CONFLICT = "project already has running conflicting operations, scheduling of new ones is prohibited"
_HISTORY = 5000
_EFFECT_SECONDS = 120.0


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


@dataclass(frozen=True, slots=True)
class Step:
    """One operation to come; `effect` says whether it did anything (finished) or had no need to (skipped)."""

    action: str
    effect: Callable[[], Awaitable[bool]]
    branch_id: str
    endpoint_id: str | None = None


class Operations:
    """Runs the steps of each mutation in order, in the background, by the clock."""

    def __init__(self, clock: Clock, mint: Mint, background: Background, delays: Delays) -> None:
        self._clock = clock
        self._mint = mint
        self._background = background
        self._delays = delays

    def require_unlocked(self, project: Project) -> None:
        """Raise Locked while an operation of an earlier mutation has not ended."""
        if any(op.exclusive and op.status not in ENDED for op in project.operations):
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
            self._fail(operation, exc)
            raise
        self._set(operation, "finished")

    async def _run(self, work: list[tuple[Operation, Step]]) -> None:
        failed = False
        for operation, step in work:
            if failed:
                self._set(operation, "cancelled")
                continue
            self._set(operation, "running")
            try:
                await self._clock.sleep(self._delays.of(step.action))
                async with asyncio.timeout(_EFFECT_SECONDS):
                    status = "finished" if await step.effect() else "skipped"
                self._set(operation, status)
            except (psycopg.Error, PostgresUnavailable, OSError) as exc:
                failed = True
                self._fail(operation, exc)

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

    def _fail(self, operation: Operation, cause: BaseException) -> None:
        operation.error = _sentence(cause)
        operation.failures_count += 1
        self._set(operation, "failed")


def _sentence(cause: BaseException) -> str:
    """The server's own message where there is one: the full text would quote the statement."""
    if isinstance(cause, psycopg.Error) and cause.diag.message_primary:
        return cause.diag.message_primary
    return str(cause) or type(cause).__name__
