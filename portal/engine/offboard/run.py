"""One run of an offboarding: what it holds in memory beside the work itself."""

from portal.core.offboarding import Offboarding
from portal.engine.lease import Lease
from portal.engine.offboard.observe import Seen
from portal.engine.saga.work import Work
from portal.engine.world import Ports
from portal.errors import NotFound, RefusedError
from portal.ports import Report


class Run(Work):
    """`offboarding` is the record, once this run has read or written it."""

    def __init__(
        self, ports: Ports, seen: Seen, report: Report, *, digest: str, lease: Lease, keep_database: bool
    ) -> None:
        """A run over what was seen under its lease."""
        super().__init__(
            ports,
            seen.tenant,
            lease,
            report,
            digest=digest,
            project=seen.where.neon_project,
            branch=seen.branch_id,
        )
        self.seen = seen
        self.spec = seen.spec
        self.keep_database = keep_database
        self.record_read = seen.record

    @property
    def offboarding(self) -> Offboarding:
        """The record; raises RefusedError before it stands."""
        if self.record_read is None:
            raise RefusedError(f"{self.seen.record_name} does not stand", system="ssm", operation="offboard")
        return self.record_read

    async def delete(self, name: str) -> None:
        """Gone, whoever's call it was."""

        async def look() -> bool | None:
            return True if await self.value(name) is None else None

        async def act() -> bool:
            try:
                await self.ports.parameters.delete(name)
            except NotFound:
                return True
            return True

        await self.ensure(look, act)
