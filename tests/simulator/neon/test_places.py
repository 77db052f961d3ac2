"""Where connection strings lead, for clients of this machine and for those in containers."""

import sys
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from simulator.backends.certificates import Authority
from simulator.backends.serving import serve
from simulator.clock import WallClock
from simulator.neon.service import NeonService
from tests.simulator.neon.schema import Judged
from tests.simulator.neon.world import KEY, connect, one

OTHER = "127.0.0.2"
"""An address of this machine besides 127.0.0.1, as the gateway of a network of containers is one."""


@asynccontextmanager
async def served(run_dir: Path, address: str | None) -> Any:
    """A service and the string that leads to its database."""
    service = NeonService(
        WallClock(20), run_dir, Authority(run_dir / "pki"), 7, {KEY: "tests"}, address=address
    )
    project = service.seed_project("test")
    async with service.running(), serve(service.app) as listener:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(headers=headers, timeout=30, transport=Judged()) as http:
            answer = await http.get(
                f"{listener.url}/api/v2/projects/{project}/connection_uri",
                params={"role_name": "neondb_owner", "database_name": "neondb"},
            )
        yield service, str(answer.json()["uri"])


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of this machine on Linux only")
async def test_a_front_with_another_address_is_reached_at_both(tmp_path: Path) -> None:
    async with served(tmp_path, OTHER) as (_, uri):
        assert uri.endswith(f"&hostaddr={OTHER}")
        for address in (OTHER, "127.0.0.1"):
            async with await connect(uri, hostaddr=address) as session:
                assert await one(session, "SELECT 1") == 1


async def test_without_an_address_names_have_to_resolve(tmp_path: Path) -> None:
    async with served(tmp_path, None) as (service, uri):
        assert "hostaddr" not in uri
        host = uri.split("@")[1].split(":")[0]
        assert host in service.hosts()
        async with await connect(uri, hostaddr="127.0.0.1") as session:
            assert await one(session, "SELECT 1") == 1
