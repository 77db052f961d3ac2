"""What services and people use to reach a database gets in through the compute front, and gets back in."""

import asyncio
import os
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from tests.simulator.neon.world import DEADLINE, Neon, Project

pytestmark = pytest.mark.asyncio(loop_scope="session")
_NOTHING_OF_HOME = {"sslcert": "none", "sslrootcert": "none", "passfile": "none"}


async def _asyncpg(world: Neon, project: Project) -> Any:
    """It takes no `channel_binding` and no `hostaddr`, so it names the endpoint in its options."""
    parts = urlsplit(await project.uri())
    trust = ssl.create_default_context(cafile=world.authority.ca_file)
    trust.check_hostname = False
    return await asyncpg.connect(
        host="127.0.0.1",
        port=parts.port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.removeprefix("/"),
        ssl=trust,
        server_settings={"options": f"endpoint={project.endpoint_id}"},
        timeout=DEADLINE,
    )


@asynccontextmanager
async def _engine(project: Project) -> AsyncIterator[AsyncEngine]:
    uri = (await project.uri()).replace("postgresql://", "postgresql+psycopg://")
    engine = create_async_engine(uri, pool_pre_ping=True, connect_args=_NOTHING_OF_HOME)
    try:
        yield engine
    finally:
        await engine.dispose()


async def test_asyncpg_logs_in_without_channel_binding(world: Neon, project: Project) -> None:
    session = await _asyncpg(world, project)
    try:
        assert await session.fetchval("SELECT $1::int + 1", 41) == 42
    finally:
        await session.close()


async def test_asyncpg_cancels_a_statement_that_takes_too_long(world: Neon, project: Project) -> None:
    session = await _asyncpg(world, project)
    try:
        with pytest.raises(TimeoutError):
            await session.fetch("SELECT pg_sleep(50)", timeout=0.2)
        async with asyncio.timeout(DEADLINE):
            assert await session.fetchval("SELECT 1") == 1
    finally:
        await session.close()


async def test_an_engine_that_pools_gets_back_in_after_the_compute_was_suspended(
    world: Neon, project: Project
) -> None:
    async with _engine(project) as engine:
        async with engine.begin() as session:
            await session.execute(text("CREATE TABLE kept AS SELECT 42 AS answer"))
        await project.settled(await world.json("POST", f"{project.endpoint}/suspend", 200))
        async with engine.connect() as session:
            assert (await session.execute(text("SELECT answer FROM kept"))).scalar() == 42
    assert await project.state() == "active"


async def test_psql_logs_in_with_the_connection_string_as_it_is(project: Project) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("there is no psql here")
    uri = await project.uri()
    password = unquote(urlsplit(uri).password or "")
    running = await asyncio.create_subprocess_exec(
        psql,
        "--no-psqlrc",
        "--no-password",
        "--tuples-only",
        "--no-align",
        "--command=SELECT current_user, 6 * 7",
        uri.replace(f":{password}@", "@"),
        env={"PATH": os.environ["PATH"], "PGPASSWORD": password, "HOME": "/nonexistent"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEADLINE):
        output, complaint = await running.communicate()
    assert (output.decode(), complaint.decode()) == ("neondb_owner|42\n", "")
