"""Every compute of the account, by endpoint."""

import asyncio
import contextlib
from collections.abc import Iterable
from functools import partial

from simulator.backends.postgres_binaries import PostgresUnavailable
from simulator.clock import Clock
from simulator.neon import quotas
from simulator.neon.account import Account
from simulator.neon.background import Background
from simulator.neon.branchdata import BranchData
from simulator.neon.cluster import Cluster
from simulator.neon.compute import Compute
from simulator.neon.model import Endpoint, Project
from simulator.neon.operations import Operations
from simulator.neon.replica import Replica


class Computes:
    """Makes a compute when it is first asked for; the cluster is set while the service runs."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        background: Background,
        operations: Operations,
        cold_start: float,
    ) -> None:
        self._account = account
        self._clock = clock
        self._background = background
        self._operations = operations
        self._cold_start = cold_start
        self._computes: dict[str, Compute] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self.cluster: Cluster | None = None

    def of(self, project: Project, endpoint: Endpoint) -> Compute:
        if self.cluster is None:
            raise RuntimeError("computes exist only while the service runs")
        if endpoint.id not in self._computes:
            kind = Compute if endpoint.type == "read_write" else partial(Replica, primary=self._primary)
            self._computes[endpoint.id] = kind(
                project,
                endpoint,
                self.cluster,
                self._clock,
                background=self._background,
                operations=self._operations,
                cold_start=self._cold_start,
                changed=self.enforce,
            )
        return self._computes[endpoint.id]

    @property
    def data(self) -> BranchData:
        """What branches and snapshots hold, while the service runs."""
        if self.cluster is None:
            raise RuntimeError("data exist only while the service runs")
        return self.cluster.data

    def enforce(self, project: Project) -> None:
        """Suspend every compute of the project once a quota is used up: now, or when its time has come."""
        watch = self._watches.get(project.id)
        if watch is asyncio.current_task():
            return
        if watch is not None:
            del self._watches[project.id]
            watch.cancel()
        now = self._clock.now()
        left = 0.0 if quotas.exceeded(project, now) else quotas.seconds_left(project, now)
        if left is not None and any(project.active()):
            self._watches[project.id] = self._background.spawn(
                self._suspend_all(project, left), f"quotas of {project.id}"
            )

    async def _suspend_all(self, project: Project, seconds: float) -> None:
        await self._clock.sleep(seconds)
        for endpoint in list(project.active()):
            compute = self.of(project, endpoint)
            with contextlib.suppress(PostgresUnavailable):  # the operation shows it as failed
                async with self._operations.unsolicited(project, "suspend_compute", endpoint):
                    await compute.suspend(only_unused=False)
        self._watches.pop(project.id, None)

    def _primary(self, project: Project, branch_id: str) -> Compute | None:
        endpoint = project.read_write(branch_id)
        return self.of(project, endpoint) if endpoint else None

    def reached_as(self, endpoint_id: str) -> Compute:
        """The compute a connection names; raises NotFound."""
        return self.of(*self._account.reached_as(endpoint_id))

    def awake_ports(self) -> list[int]:
        """Loopback ports of every running server."""
        return [port for compute in self._computes.values() if (port := compute.port) is not None]

    def process(self, endpoint_id: str) -> int | None:
        """The server's process of an endpoint; None while it sleeps, or where servers run elsewhere."""
        compute = self._computes.get(endpoint_id)
        return compute.pid if compute else None

    async def forget(self, endpoint: Endpoint) -> None:
        """End the compute of a deleted endpoint."""
        compute = self._computes.pop(endpoint.id, None)
        if compute is not None:
            await compute.close()

    async def discard(self, branches: Iterable[str]) -> None:
        """End every compute and remove the data of these branches; more may be started afterwards."""
        computes, self._computes = self._computes, {}
        for endpoint_id, compute in computes.items():
            await compute.close(data_needed=False)
            if self.cluster is not None:
                await self.cluster.forget(endpoint_id)
        if self.cluster is not None:
            for branch_id in branches:
                await self.cluster.data.forget(branch_id)

    async def close(self) -> None:
        """End every compute; the data of all branches are about to go."""
        await asyncio.gather(*(each.close(data_needed=False) for each in self._computes.values()))
        self._computes.clear()
        self.cluster = None
