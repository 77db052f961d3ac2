"""Where computes come from: what a control plane asks of the PostgreSQL servers behind its endpoints."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simulator.neon.branchdata import BranchData
from simulator.neon.catalog import Connection


class Server(Protocol):
    """A server that accepts logins on its branch's data."""

    @property
    def port(self) -> int:
        """Of 127.0.0.1."""

    @property
    def pid(self) -> int | None:
        """Its process on this machine; None where it runs elsewhere."""

    @property
    def ended(self) -> bool:
        """Whether it is gone, so that its data are at rest."""

    async def connect(self, database: str = "postgres") -> Connection:
        """A superuser's autocommit connection."""

    async def exited(self) -> object:
        """Return once it is gone, for whatever reason."""

    async def stop(self) -> None:
        """End it with every session it has; the data stays. A cancelled caller still sees it through."""

    async def discard(self) -> None:
        """End it the quickest way; nobody needs its data any more."""


@dataclass(frozen=True, slots=True)
class Release:
    """Which PostgreSQL, where it was found, and the extensions services commonly create that it lacks."""

    version: str
    origin: str
    lacks: tuple[str, ...] = ()

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])


class Cluster(Protocol):
    """Starts servers; knows data and logs, not endpoints' states.

    Every branch begins with a copy of one template, which `catalog.prepare` was applied to.
    """

    @property
    def release(self) -> Release:
        """Of every server."""

    async def start(self, branch_id: str, endpoint_id: str) -> Server:
        """A server on the branch's data that accepts logins; raises PostgresUnavailable otherwise."""

    async def forget(self, endpoint_id: str) -> None:
        """Keep nothing for an endpoint whose server was stopped for good."""

    @property
    def data(self) -> BranchData:
        """What the branches hold."""


Clusters = Callable[[Path], AbstractAsyncContextManager[Cluster]]
"""Open a cluster, given the run directory; its end removes all data. Raises PostgresUnavailable."""
