"""One run of apply: what it holds in memory beside the work itself."""

from collections.abc import Mapping

from portal.core.neon import NeonAuth
from portal.core.rotation import Rotation
from portal.core.secrets import Secret
from portal.engine.lease import Lease
from portal.engine.onboard.observe import Seen
from portal.engine.saga.work import Work
from portal.engine.world import Ports
from portal.ports import Report


class Run(Work):
    """`password` is that of the role, `login` the record of the limited one, once this run knows them."""

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
            seen.spec.tenant,
            lease,
            report,
            digest=digest,
            project=seen.where.neon_project,
            branch=seen.branch_id,
        )
        self.seen = seen
        self.spec = seen.spec
        self.inputs = inputs
        self.password: Secret | None = None
        self.auth: NeonAuth | None = None
        self.login: Rotation | None = None
