"""What a role may create is what is not said to be lacking."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from simulator.backends import postgres_extensions as extensions
from simulator.backends.postgres import Postmaster, install, postmaster
from simulator.backends.postgres_binaries import resolve
from simulator.backends.postgres_template import initialise
from simulator.backends.unprivileged import quarters


@pytest.mark.parametrize("search", [pytest.param(None, id="machine"), pytest.param("", id="package")])
async def test_a_role_may_create_every_common_extension_that_is_not_lacking(
    tmp_path: Path, search: str | None
) -> None:
    place, log = quarters(tmp_path, "postgres"), tmp_path / "postgres.log"
    data = place.directory / "data"
    try:
        with ThreadPoolExecutor(1) as executor:
            installation = await install(await resolve(search, user=place.user), place, executor)
        await initialise(installation, data, log)
        server = await postmaster(installation, data, log)
        async with await server.connect() as connection:
            found = await extensions.find(connection)
        await server.stop()
        settings = extensions.open_up(found, place)
        if search == "":
            assert found.opened().lacking == ("pgcrypto", "uuid-ossp")
        server = await postmaster(installation, data, log, settings)
        try:
            created = {name for name in extensions.COMMON if await _creates(server, name)}
        finally:
            await server.stop()
        assert created == set(extensions.COMMON) - set(found.opened().lacking)
    finally:
        place.remove()


async def _creates(server: Postmaster, extension: str) -> bool:
    """Whether a role that owns a database may create the extension in it."""
    async with await server.connect() as connection:
        await connection.execute("DO $$ BEGIN CREATE ROLE app; EXCEPTION WHEN duplicate_object THEN END $$")
        database = sql.Identifier(f"of {extension}")
        await connection.execute(sql.SQL("CREATE DATABASE {} OWNER app").format(database))
    async with await server.connect(f"of {extension}") as connection:
        await connection.execute("SET ROLE app")
        try:
            await connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(extension)))
        except psycopg.Error:
            return False
        return True
