"""The control plane's parts in one hand, and the operations that most changes end in."""

from dataclasses import dataclass
from functools import partial

from simulator.clock import Clock
from simulator.neon.account import Account
from simulator.neon.computes import Computes
from simulator.neon.mint import Mint
from simulator.neon.model import Branch, Endpoint, Operation, Project
from simulator.neon.operations import Operations, Step
from simulator.neon.refusals import Precondition

NO_COMPUTE = "create a read-write endpoint to manage roles on this branch"


@dataclass(frozen=True, slots=True)
class Plane:
    """What every rule works with."""

    clock: Clock
    mint: Mint
    account: Account
    operations: Operations
    computes: Computes

    def changeable(self, project_id: str, branch_id: str) -> tuple[Project, Branch, Endpoint]:
        """A branch whose roles and databases may change now; raises NotFound, Locked or Precondition."""
        project, branch = self.account.branch(project_id, branch_id)
        self.operations.require_unlocked(project)
        endpoint = project.read_write(branch.id)
        if endpoint is None:
            raise Precondition(NO_COMPUTE)
        return project, branch, endpoint

    def apply(self, project: Project, endpoint: Endpoint, *, drop_sessions: bool = False) -> list[Operation]:
        """Begin apply_config; a compute that was idle is put back to sleep afterwards."""
        compute = self.computes.of(project, endpoint)
        apply = partial(compute.apply, drop_sessions=drop_sessions)
        steps = [Step("apply_config", apply, endpoint.branch_id, endpoint.id)]
        if endpoint.current_state != "active":
            rest = partial(compute.suspend, only_unused=True)
            steps.append(Step("suspend_compute", rest, endpoint.branch_id, endpoint.id))
        return self.operations.begin(project, steps)
