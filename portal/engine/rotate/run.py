"""One run of a rotation: what it holds in memory beside the work itself."""

from collections.abc import Mapping
from dataclasses import replace

from portal.core.rotation import Rotation
from portal.core.secrets import Secret
from portal.engine.lease import Lease
from portal.engine.rotate.observe import Seen
from portal.engine.saga.work import Work
from portal.engine.world import Ports
from portal.errors import RefusedError
from portal.ports import Report


class Run(Work):
    """`rotation` is the open record, once this run has read or written it."""

    def __init__(
        self,
        ports: Ports,
        seen: Seen,
        inputs: Mapping[str, Secret],
        report: Report,
        *,
        digest: str,
        lease: Lease,
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
        self.inputs = inputs
        self.opened = seen.open_record

    @property
    def rotation(self) -> Rotation:
        """The open record; raises RefusedError before it stands."""
        if self.opened is None:
            raise RefusedError(f"{self.seen.record_name} is not open", system="ssm", operation="rotate")
        return self.opened

    async def put_record(self, rotation: Rotation) -> int:
        """Write the record over the one that stands, or for the first time; returns its version."""
        name = self.seen.record_name
        standing = (await self.read(lambda: self.ports.parameters.get([name]))).get(name)
        version = await self.put(name, rotation.text(), standing)
        self.opened = rotation if rotation.is_open else None
        return version

    async def set_stage(self, stage: str) -> Rotation:
        """Note in the record that an overlap has begun now, unless it says so already."""
        if self.rotation.stage != stage:
            since = self.ports.clock.now().isoformat()
            await self.put_record(replace(self.rotation, stage=stage, since=since))
        return self.rotation
