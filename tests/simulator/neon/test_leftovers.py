"""A service leaves nothing behind, and shows no password anywhere but in its answers."""

import asyncio
import os
from pathlib import Path

import psycopg
import pytest

from simulator.backends.unprivileged import CLEANUP
from tests.simulator.neon.world import connect, installation_of, neon
from tests.simulator.processes import arguments


async def test_nothing_is_left_when_it_stops_with_sessions_open(tmp_path: Path) -> None:
    async with neon(tmp_path) as world:
        project, other = await world.project(), await world.project()
        data = installation_of(world).quarters.directory
        open_session, waking = (
            await connect(await project.uri()),
            asyncio.ensure_future(connect(await other.uri())),
        )
        assert any(str(data) in line for line in await arguments())
        assert data.stat().st_mode & 0o077 == 0
        recorded = (tmp_path / CLEANUP).read_text().splitlines() if os.geteuid() == 0 else [str(data)]
        assert recorded == [str(data)]
    with pytest.raises(psycopg.OperationalError):
        await open_session.execute("SELECT 1")
    await open_session.close()
    waking.cancel()
    await asyncio.wait([waking])
    if not waking.cancelled() and waking.exception() is None:
        await waking.result().close()
    assert not data.exists()
    assert not [line for line in await arguments() if str(data) in line]


async def test_no_password_is_in_a_process_argument_or_a_file(tmp_path: Path) -> None:
    async with neon(tmp_path) as world:
        project = await world.project()
        installation = installation_of(world)
        secrets = [installation.password, (await project.role("app"))["password"]]
        await project.database("appdb", "app")
        async with await connect(await project.uri("app", "appdb")) as session:
            with pytest.raises(psycopg.Error):
                await session.execute("ALTER ROLE app PASSWORD 'chosen-by-hand' VALID UNTIL 'never never'")
            with pytest.raises(psycopg.Error):
                await connect(await project.uri("app"), password="guessed-wrong")
        secrets += ["chosen-by-hand", "guessed-wrong"]
        secrets.append(
            (await world.json("POST", f"{project.branch}/roles/app/reset_password", 200))["role"]["password"]
        )
        shown = "\n".join(await arguments())
        files = [path for root in (tmp_path, installation.quarters.directory) for path in root.rglob("*")]
        assert len(files) > 100
        contents = b"".join(path.read_bytes() for path in files if path.is_file())
    for secret in secrets:
        assert secret not in shown
        assert secret.encode() not in contents
