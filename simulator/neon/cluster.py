"""Data directories of branches: one template made per world, copied when a branch's compute first starts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from simulator.backends.postgres import (
    Installation,
    Postmaster,
    duplicate,
    initialise,
    install,
    postmaster,
)
from simulator.backends.postgres_binaries import resolve
from simulator.backends.unprivileged import Quarters
from simulator.neon import catalog


@dataclass(frozen=True, slots=True)
class Cluster:
    """Starts postmasters; knows directories and logs, not endpoints' states."""

    installation: Installation
    logs: Path

    async def start(self, branch_id: str, endpoint_id: str) -> Postmaster:
        """A server on the branch's data that accepts logins; raises PostgresUnavailable otherwise."""
        log = self.logs / f"postgres-{endpoint_id}.log"
        data = self.installation.quarters.directory / branch_id
        if not data.exists():
            await duplicate(self.installation, self._template, data, log)
        return await postmaster(self.installation, data, log)

    async def prepare(self) -> None:
        """Make the template, which also proves that PostgreSQL runs here."""
        log = self.logs / "postgres-template.log"
        await initialise(self.installation, self._template, log)
        server = await postmaster(self.installation, self._template, log)
        try:
            await catalog.prepare(server.connect)
        finally:
            await server.stop()

    @property
    def _template(self) -> Path:
        return self.installation.quarters.directory / "template"


async def cluster(quarters: Quarters, logs: Path) -> Cluster:
    """Find PostgreSQL, make it usable in `quarters`, and prepare the template."""
    binaries = await resolve(user=quarters.user)
    with ThreadPoolExecutor(1, "postgres-copy") as executor:
        made = Cluster(await install(binaries, quarters, executor), logs)
    await made.prepare()
    return made


async def remove(quarters: Quarters) -> None:
    """Delete the data of every branch without blocking the loop."""
    with ThreadPoolExecutor(1, "postgres-remove") as executor:
        await asyncio.get_running_loop().run_in_executor(executor, quarters.remove)
