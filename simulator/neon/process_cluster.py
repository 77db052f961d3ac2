"""Computes as processes of this machine: data directories copied from one template made per world."""

import asyncio
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from simulator.backends import postgres_extensions as extensions
from simulator.backends import postgres_template
from simulator.backends.postgres import Installation, Postmaster, install, postmaster
from simulator.backends.postgres_binaries import resolve
from simulator.backends.postgres_directories import Directories
from simulator.backends.postgres_template import initialise
from simulator.backends.unprivileged import Quarters, quarters
from simulator.neon import catalog
from simulator.neon.branchdata import TEMPLATE, BranchData
from simulator.neon.cluster import Release


@dataclass(slots=True)
class ProcessCluster:
    """Starts postmasters."""

    installation: Installation
    logs: Path
    directories: Directories
    data: BranchData
    settings: dict[str, str] = field(default_factory=dict)
    lacks: tuple[str, ...] = ()

    @property
    def release(self) -> Release:
        binaries = self.installation.binaries
        return Release(binaries.version, binaries.origin, self.lacks)

    async def start(self, branch_id: str, endpoint_id: str) -> Postmaster:
        """Raises PostgresUnavailable."""
        log = self.logs / f"postgres-{endpoint_id}.log"
        data = self.directories.at(branch_id)
        return await self.data.serve(
            branch_id, lambda: postmaster(self.installation, data, log, self.settings)
        )

    async def forget(self, endpoint_id: str) -> None:
        """A process leaves nothing but its log."""

    async def prepare(self) -> None:
        """Make the template, which also proves that PostgreSQL runs here."""
        log, template = self.logs / "postgres-template.log", self.directories.at(TEMPLATE)
        await initialise(self.installation, template, log, postgres_template.place())
        server = await postmaster(self.installation, template, log)
        try:
            await catalog.prepare(server.connect)
            async with await server.connect() as connection:
                found = await extensions.find(connection)
        finally:
            await server.stop()
        self.settings = extensions.open_up(found, self.installation.quarters)
        self.lacks = found.opened().lacking


@asynccontextmanager
async def running(run_dir: Path) -> AsyncGenerator[ProcessCluster]:
    """Find PostgreSQL, make it usable and prepare the template; at the end delete every branch's data."""
    place = quarters(run_dir, "postgres")
    try:
        binaries = await resolve(user=place.user)
        with ThreadPoolExecutor(1, "postgres-copy") as executor:
            installation = await install(binaries, place, executor)
        directories = Directories(place)
        made = ProcessCluster(installation, run_dir / "logs", directories, BranchData(directories))
        await made.prepare()
        yield made
    finally:
        await _remove(place)


async def _remove(place: Quarters) -> None:
    """Delete without blocking the loop."""
    with ThreadPoolExecutor(1, "postgres-remove") as executor:
        await asyncio.get_running_loop().run_in_executor(executor, place.remove)
