"""The control plane's parts in one hand, and the operations that most changes end in."""

from dataclasses import dataclass
from functools import partial

from simulator.clock import Clock
from simulator.neon import quotas
from simulator.neon.account import Account
from simulator.neon.branchdata import BranchData
from simulator.neon.computes import Computes
from simulator.neon.mint import Mint
from simulator.neon.model import Branch, Delta, Endpoint, Operation, Project
from simulator.neon.operations import Operations, Step
from simulator.neon.refusals import Locked, Precondition
from simulator.neon.timers import Timers

NO_COMPUTE = "create a read-write endpoint to manage roles on this branch"


@dataclass(frozen=True, slots=True)
class Plane:
    """What every rule works with."""

    clock: Clock
    mint: Mint
    account: Account
    operations: Operations
    computes: Computes
    timers: Timers

    @property
    def data(self) -> BranchData:
        """What branches and snapshots hold, by their ids."""
        return self.computes.data

    def changeable(self, project_id: str, branch_id: str) -> tuple[Project, Branch, Endpoint]:
        """A branch whose roles and databases may change now; raises NotFound, Locked or Precondition."""
        project, branch = self.account.branch(project_id, branch_id)
        self.operations.require_unlocked(project)
        endpoint = project.read_write(branch.id)
        if endpoint is None:
            raise Precondition(NO_COMPUTE)
        reason = quotas.exceeded(project, self.clock.now())
        if reason is not None and endpoint.current_state != "active":
            raise Locked(reason)
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

    def tell(self, project: Project, branch: Branch, delta: Delta) -> None:
        """Change something inside the branch's data: at once where its compute runs, else when it starts."""
        branch.deltas.append(delta)
        endpoint = project.read_write(branch.id)
        if endpoint is not None and endpoint.current_state == "active":
            compute = self.computes.of(project, endpoint)
            self.operations.quietly(project, "apply_config", endpoint, compute.apply)
