"""Computes as processes of this machine: data directories copied from one template made per world."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
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
from simulator.backends.unprivileged import Quarters, quarters
from simulator.neon import catalog
from simulator.neon.cluster import Release


@dataclass(frozen=True, slots=True)
class ProcessCluster:
    """Starts postmasters."""

    installation: Installation
    logs: Path

    @property
    def release(self) -> Release:
        binaries = self.installation.binaries
        return Release(binaries.version, binaries.origin)

    async def start(self, branch_id: str, endpoint_id: str) -> Postmaster:
        """Copies the template when the branch has no data yet; raises PostgresUnavailable."""
        log = self.logs / f"postgres-{endpoint_id}.log"
        data = self.installation.quarters.directory / branch_id
        if not data.exists():
            await duplicate(self.installation, self._template, data, log)
        return await postmaster(self.installation, data, log)

    async def forget(self, endpoint_id: str) -> None:
        """A process leaves nothing but its log."""

    async def discard(self, branch_id: str) -> None:
        """Out of the way at once, removed without blocking the loop."""
        data = self.installation.quarters.directory / branch_id
        if not data.exists():
            return
        gone = data.with_name(f"{branch_id}.gone")
        data.rename(gone)
        with ThreadPoolExecutor(1, "postgres-remove") as executor:
            removing = partial(shutil.rmtree, gone, ignore_errors=True)
            await asyncio.get_running_loop().run_in_executor(executor, removing)

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


@asynccontextmanager
async def running(run_dir: Path) -> AsyncGenerator[ProcessCluster]:
    """Find PostgreSQL, make it usable and prepare the template; at the end delete every branch's data."""
    place = quarters(run_dir, "postgres")
    try:
        binaries = await resolve(user=place.user)
        with ThreadPoolExecutor(1, "postgres-copy") as executor:
            made = ProcessCluster(await install(binaries, place, executor), run_dir / "logs")
        await made.prepare()
        yield made
    finally:
        await _remove(place)


async def _remove(place: Quarters) -> None:
    """Delete without blocking the loop."""
    with ThreadPoolExecutor(1, "postgres-remove") as executor:
        await asyncio.get_running_loop().run_in_executor(executor, place.remove)
