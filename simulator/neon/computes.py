"""Every compute of the account, by endpoint."""

import asyncio
from collections.abc import Iterable

from simulator.clock import Clock
from simulator.neon.account import Account
from simulator.neon.background import Background
from simulator.neon.cluster import Cluster
from simulator.neon.compute import Compute
from simulator.neon.model import Endpoint, Project
from simulator.neon.operations import Operations


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
        self.cluster: Cluster | None = None

    def of(self, project: Project, endpoint: Endpoint) -> Compute:
        if self.cluster is None:
            raise RuntimeError("computes exist only while the service runs")
        if endpoint.id not in self._computes:
            self._computes[endpoint.id] = Compute(
                project,
                endpoint,
                self.cluster,
                self._clock,
                background=self._background,
                operations=self._operations,
                cold_start=self._cold_start,
            )
        return self._computes[endpoint.id]

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
            await compute.close()
            if self.cluster is not None:
                await self.cluster.forget(endpoint_id)
        if self.cluster is not None:
            for branch_id in branches:
                await self.cluster.data.forget(branch_id)

    async def close(self) -> None:
        await asyncio.gather(*(compute.close() for compute in self._computes.values()))
        self._computes.clear()
        self.cluster = None
