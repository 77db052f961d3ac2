"""One operator per tenant: a lease held in a parameter, taken by creating it, checked before each mutation.

Parameter Store has no compare-and-swap for overwriting, so a lease is created where none stands and
deleted when it is freed; only an expired one is replaced, and the version that results tells a loser
that it lost. The loser withdraws, so of two that replace at once at most one goes on.
"""

import asyncio
import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.core.parameters import MANAGED_BY, ParameterValue
from portal.core.secrets import Secret
from portal.engine.retry import reading, retrying
from portal.engine.world import Ports
from portal.errors import Conflict, NotFound, RefusedError, Unreachable

# Two machines' clocks may differ by this much before an expired lease counts as expired.
SKEW_SECONDS = 60.0
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What stands in the parameter: the run that holds it, its fence and when it ends."""

    holder: str
    fence: int
    expires_at: str

    def text(self) -> Secret:
        """JSON, wrapped because parameters carry secrets; nothing in it is one."""
        document = {"holder": self.holder, "fence": self.fence, "expires_at": self.expires_at}
        return Secret(json.dumps(document, sort_keys=True))

    @staticmethod
    def read(value: ParameterValue) -> "LeaseRecord":
        """The record of a parameter; one that cannot be read never expires."""
        unreadable = LeaseRecord("an unknown writer", value.version, "9999-12-31T00:00:00+00:00")
        try:
            document = json.loads(value.value.reveal("read the lease"))
            record = LeaseRecord(str(document["holder"]), int(document["fence"]), document["expires_at"])
            ends = datetime.fromisoformat(record.expires_at)
        except (ValueError, KeyError, TypeError):
            return unreadable
        return record if ends.tzinfo else unreadable


class Lease:
    """The lease of one run. `fence` is the parameter's version: it only grows while the lease stands."""

    def __init__(self, ports: Ports, name: str, holder: str) -> None:
        """Nothing is taken yet."""
        self._ports = ports
        self.name = name
        self.holder = holder
        self.fence = 0
        self._looking = asyncio.Lock()
        self._asked = 0
        self._vouched = 0

    async def acquire(self, earlier: AbstractSet[str] = frozenset()) -> None:
        """Take it, or raise RefusedError naming the holder. `earlier` are runs known to be dead: their
        lease is taken over at once; that of anybody else once it has expired and the settings say so.
        """
        for _ in range(_ATTEMPTS):
            if await self._create():
                return
            standing = await self._standing()
            if standing is None:
                continue
            record = LeaseRecord.read(standing)
            if record.holder == self.holder:
                self.fence = standing.version
                return
            if record.holder not in earlier:
                self._refuse_held(record)
            if await self._take_over(standing):
                return
        raise RefusedError(
            f"the lease {self.name} keeps changing hands",
            hint="Another operator works on this tenant; try later.",
        )

    async def verify(self) -> None:
        """Raise RefusedError unless the lease is still this run's; prolong it when half of it has passed.

        A look vouches for everybody who asked before it began, and for nobody who asked later.
        """
        self._asked += 1
        mine = self._asked
        async with self._looking:
            if mine > self._vouched:
                asked = self._asked
                await self._look()
                self._vouched = asked

    async def _look(self) -> None:
        standing = await self._standing()
        record = LeaseRecord.read(standing) if standing else None
        if standing is None or record is None or record.holder != self.holder:
            raise RefusedError(
                f"this run lost its lease {self.name} to {record.holder if record else 'nobody'}",
                hint="Nothing was changed after that. Look at the plan again, then apply.",
            )
        self.fence = standing.version
        left = datetime.fromisoformat(record.expires_at) - self._ports.clock.now()
        if left < timedelta(seconds=self._ports.patience.lease / 2):
            await self._prolong(standing)

    async def release(self) -> None:
        """Free it if it is still this run's; looked at again before a delete is repeated."""
        await reading(self._delete_own, clock=self._ports.clock, jitter=self._ports.jitter)

    async def _create(self) -> bool:
        tags = dict([MANAGED_BY])
        try:
            self.fence = await self._retrying_create(tags)
        except (Conflict, Unreachable):
            return False
        return True

    async def _retrying_create(self, tags: dict[str, str]) -> int:
        ports = self._ports
        return await retrying(
            lambda: ports.parameters.create(self.name, self._record(1).text(), tags=tags),
            clock=ports.clock,
            jitter=ports.jitter,
        )

    async def _take_over(self, standing: ParameterValue) -> bool:
        try:
            await self._replace(standing.version)
        except Unreachable:
            return False
        except Conflict as exc:
            # This run's record may stand over the winner's; the winner sees it gone and stops too.
            await self.release()
            raise RefusedError(
                f"another operator took the lease {self.name} at the same moment",
                hint="Try again in a moment.",
            ) from exc
        return True

    async def _prolong(self, standing: ParameterValue) -> None:
        try:
            await self._replace(standing.version)
        except Unreachable:
            # Whether the answer or the call was lost, the next verify sees what stands.
            return
        except Conflict as exc:
            raise RefusedError(f"this run lost its lease {self.name} while prolonging it") from exc

    async def _replace(self, version: int) -> None:
        ports = self._ports
        self.fence = await retrying(
            lambda: ports.parameters.replace(
                self.name, self._record(version + 1).text(), expected_version=version
            ),
            clock=ports.clock,
            jitter=ports.jitter,
        )

    async def _delete_own(self) -> None:
        """Delete the parameter where this run's record stands in it, and nowhere else."""
        standing = await self._standing()
        if standing is None or LeaseRecord.read(standing).holder != self.holder:
            return
        try:
            await self._ports.parameters.delete(self.name)
        except NotFound:
            return

    async def _standing(self) -> ParameterValue | None:
        ports = self._ports
        found = await reading(
            lambda: ports.parameters.get([self.name]), clock=ports.clock, jitter=ports.jitter
        )
        return found.get(self.name)

    def _record(self, fence: int) -> LeaseRecord:
        ends = self._ports.clock.now() + timedelta(seconds=self._ports.patience.lease)
        return LeaseRecord(self.holder, fence, ends.isoformat())

    def _expired(self, record: LeaseRecord) -> bool:
        ends = datetime.fromisoformat(record.expires_at) + timedelta(seconds=SKEW_SECONDS)
        return self._ports.clock.now() > ends

    def _refuse_held(self, record: LeaseRecord) -> None:
        """Raise RefusedError for a lease that may not be taken over: a run that only pauses would go on."""
        if not self._expired(record):
            raise RefusedError(
                f"run {record.holder} holds the lease {self.name} until {record.expires_at}",
                hint="Wait for it to end; the lease of a crashed run may be taken over after that time.",
            )
        if not self._ports.settings.take_over:
            raise RefusedError(
                f"run {record.holder} of another machine never freed the lease {self.name}, which expired at "
                f"{record.expires_at}",
                hint="Once you know that it is over, repeat the command with --take-over.",
            )
