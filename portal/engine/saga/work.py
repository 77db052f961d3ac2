"""One run over one tenant: how it reads, mutates, waits and records."""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import TypeVar

from portal.core.events import Progress, Stage
from portal.core.facets import TenantKey
from portal.core.neon import NeonOperation
from portal.core.parameters import MANAGED_BY, ParameterValue
from portal.core.secrets import Secret
from portal.engine.lease import Lease
from portal.engine.retry import reading, retrying
from portal.engine.world import Ports
from portal.errors import Conflict, NotFound, Protocol, RefusedError, RemoteError, Throttled, Unreachable
from portal.ports import JournalEntry, Report

T = TypeVar("T")
_ATTEMPTS = 4
# A call whose answer was lost may still be under way for about this long.
_SETTLE_SECONDS = 1.0
# Neon repeats a failed operation by itself; one that stays failed for this long has failed.
_FAILED_GRACE_SECONDS = 10.0
_GOOD = frozenset({"finished", "skipped"})
_BAD = frozenset({"error", "cancelled"})


class Work:
    """`project` and `branch` say where the tenant's database lives; `intended` are the steps it has begun."""

    def __init__(
        self,
        ports: Ports,
        tenant: TenantKey,
        lease: Lease,
        report: Report,
        *,
        digest: str,
        project: str = "",
        branch: str = "",
    ) -> None:
        """A run under its lease."""
        self.ports = ports
        self.tenant = tenant
        self.name = lease.holder
        self.digest = digest
        self.project = project
        self.branch = branch
        self.intended: set[str] = set()
        self.report = report
        self.lease = lease
        self._step: ContextVar[str] = ContextVar("step", default="")

    def begin(self, step: str) -> None:
        """Name the step that further notices of this task belong to."""
        self._step.set(step)

    def notice(self, detail: str) -> None:
        """Say why the step waits."""
        self.report(Progress(str(self.tenant), self._step.get(), Stage.WAITING, detail))

    async def record(self, kind: str, step: str, data: Mapping[str, str | int]) -> None:
        """One durable journal line; `data` holds names, ids and versions only."""
        at = self.ports.clock.now().isoformat()
        await self.ports.journal.append(JournalEntry(self.name, self.tenant, kind, step, at, data))

    async def read(self, call: Callable[[], Awaitable[T]]) -> T:
        """A read, repeated while it is safe."""
        return await reading(call, clock=self.ports.clock, jitter=self.ports.jitter)

    async def mutate(self, act: Callable[[], Awaitable[T]]) -> T:
        """A mutation under the lease, repeated only after answers that promise nothing was done."""

        async def fenced() -> T:
            await self.lease.verify()
            return await act()

        def waiting(exc: RemoteError, delay: float) -> None:
            self.notice(f"{exc.cause}; next try in {delay:.1f} s")

        return await retrying(fenced, clock=self.ports.clock, jitter=self.ports.jitter, notice=waiting)

    async def repeatedly(self, act: Callable[[], Awaitable[T]]) -> T:
        """A mutation that comes to the same however often it is done, so a lost answer is repeated too."""

        async def repeated() -> T:
            return await self.read(act)

        return await self.mutate(repeated)

    async def ensure(
        self,
        look: Callable[[], Awaitable[T | None]],
        act: Callable[[], Awaitable[T]],
        *,
        look_first: bool = True,
    ) -> T:
        """What `look` finds, after `act` where it found nothing. A lost answer or a taken name is settled
        by looking again; `look` raises RefusedError for what is not ours.
        """
        last: RemoteError | None = None
        for attempt in range(_ATTEMPTS):
            if attempt or look_first:
                found = await self.read(look)
                if found is not None:
                    return found
            try:
                return await self.mutate(act)
            except (Unreachable, Conflict) as exc:
                last = exc
                self.notice(f"{exc.cause}; looking what stands")
            await self.ports.clock.sleep(_SETTLE_SECONDS * (attempt + 1))
        found = await self.read(look)
        if found is None:
            raise last or Protocol("nothing was attempted", system="local", operation="ensure")
        return found

    async def confirm(self, look: Callable[[], Awaitable[T | None]], what: str) -> T:
        """The effect of a mutation, read back; Protocol where it never shows."""
        for attempt in range(_ATTEMPTS):
            found = await self.read(look)
            if found is not None:
                return found
            await self.ports.clock.sleep(_SETTLE_SECONDS * (attempt + 1))
        raise Protocol(
            f"{what} was accepted, but does not show", system="local", operation="verify", target=what
        )

    async def value(self, name: str) -> ParameterValue | None:
        """What stands in a parameter."""
        return (await self.read(lambda: self.ports.parameters.get([name]))).get(name)

    async def put(self, name: str, value: Secret, standing: ParameterValue | None) -> int:
        """The value, created or in the place of exactly what stands; a lost answer is settled by looking."""
        parameters = self.ports.parameters
        if standing is not None and standing.value.same_as(value):
            return standing.version

        async def act() -> int:
            if standing is None:
                return await parameters.create(name, value, tags=self.tags)
            return await parameters.replace(name, value, expected_version=standing.version)

        for _ in range(_ATTEMPTS):
            try:
                return await self.mutate(act)
            except (Unreachable, Conflict) as exc:
                self.notice(f"{exc.cause}; looking what stands")
                await self.ports.clock.sleep(_SETTLE_SECONDS)
                found = (await self.read(lambda: parameters.get([name]))).get(name)
                # Parameter Store tells only afterwards that another writer came between.
                between = isinstance(exc, Conflict) and standing is not None
                if not between and found is not None and found.value.same_as(value):
                    return found.version
                if between or (found and found.version) != (standing and standing.version):
                    raise _overtaken(name) from exc
        raise _overtaken(name)

    @property
    def tags(self) -> Mapping[str, str]:
        """The mark of what the portal makes for a tenant."""
        mark = dict([MANAGED_BY])
        return {**mark, "service": self.tenant.service, "environment": self.tenant.environment}

    async def until(self, look: Callable[[], Awaitable[str]], what: str, *, seconds: float) -> None:
        """Ask `look` until it names nothing that is missing; its last word is the cause where that never
        comes. A source that fails meanwhile is waited for too, and the lease is kept.
        """
        clock, patience = self.ports.clock, self.ports.patience
        begun, pause, told = clock.monotonic(), patience.poll_first, ""
        while True:
            try:
                missing = await look()
            except (Unreachable, Throttled, NotFound) as exc:
                missing = str(exc)
            if not missing:
                return
            if clock.monotonic() - begun >= seconds:
                raise RemoteError(
                    f"still waiting after {seconds:.0f} s: {missing}",
                    system="kubernetes",
                    operation="wait",
                    target=what,
                    hint="Nothing was lost: put it right, then repeat the command.",
                )
            if missing != told:
                told = missing
                self.notice(missing)
            await clock.sleep(pause)
            pause = min(patience.poll_most, pause * 1.5)
            await self.lease.verify()

    async def finish(self, operations: tuple[NeonOperation, ...]) -> None:
        """Wait until every operation succeeded; a 201 alone makes nothing usable."""
        for operation in operations:
            await self._finish(operation)

    async def settle(self) -> None:
        """Wait until no operation of the branch runs any more."""
        newest = await self.read(lambda: self.ports.neon.operations(self.project))
        running = [item for item in newest if item.branch_id in {"", self.branch} and not _over(item)]
        await self.finish(tuple(running))

    async def _finish(self, operation: NeonOperation) -> None:
        clock, patience = self.ports.clock, self.ports.patience
        begun, pause = clock.monotonic(), patience.poll_first
        told = failed_since = 0.0
        current = operation
        while current.status not in _GOOD:
            waited = clock.monotonic() - begun
            failed_since = failed_since or (waited if current.status == "failed" else 0.0)
            lasting = current.status == "failed" and waited - failed_since >= _FAILED_GRACE_SECONDS
            if current.status in _BAD or lasting or waited > patience.operations:
                raise _failed(current, waited)
            if waited - told >= patience.poll_most:
                told = waited
                self.notice(f"Neon operation {current.action} is {current.status}")
            await clock.sleep(pause)
            pause = min(patience.poll_most, pause * 1.5)
            current = await self.read(lambda: self.ports.neon.operation(self.project, operation.id))


def _over(operation: NeonOperation) -> bool:
    return operation.status in _GOOD | _BAD | {"failed"}


def _failed(operation: NeonOperation, waited: float) -> RemoteError:
    error = f": {operation.error}" if operation.error else ""
    return RemoteError(
        f"operation {operation.action} is {operation.status} after {waited:.0f} s{error}",
        system="neon",
        operation="operation",
        target=operation.id,
        hint="Look at the project's operations in Neon, then repeat the command.",
    )


def _overtaken(name: str) -> RefusedError:
    return RefusedError(
        "somebody else wrote it at the same time; nothing further is done",
        system="ssm",
        operation="replace",
        target=name,
        hint="Look at its history, then repeat the command.",
    )
