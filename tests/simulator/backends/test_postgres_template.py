"""An empty cluster is made once and copied afterwards; each copy opens to the password of its run alone."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from simulator.backends.postgres import Installation, install, postmaster
from simulator.backends.postgres_binaries import resolve
from simulator.backends.postgres_template import initialise, place
from simulator.backends.superuser import connect
from simulator.backends.unprivileged import quarters


@asynccontextmanager
async def _run(directory: Path) -> AsyncIterator[tuple[Installation, Path, Path]]:
    """A run's installation, where its cluster goes, and its log."""
    directory.mkdir()
    room = quarters(directory, "postgres")
    try:
        with ThreadPoolExecutor(1) as executor:
            installation = await install(await resolve(user=room.user), room, executor)
        yield installation, room.directory / "data", directory / "log"
    finally:
        room.remove()


def _made(log: Path) -> bool:
    return "The files belonging to this database system" in log.read_text()


async def test_the_next_run_copies_and_has_another_password(tmp_path: Path) -> None:
    kept = tmp_path / "environment" / "var"
    async with _run(tmp_path / "first") as (first, data, log):
        await initialise(first, data, log, kept)
        assert _made(log)
    async with _run(tmp_path / "second") as (second, data, log):
        await initialise(second, data, log, kept)
        assert not _made(log)
        assert not list(data.glob("base/*/*_vm"))
        server = await postmaster(second, data, log)
        try:
            async with await server.connect() as session:
                await session.execute("CREATE DATABASE thin")
            with pytest.raises(psycopg.OperationalError, match="password"):
                await connect(server.port, first.password, "postgres")
        finally:
            await server.stop()
    assert sorted(entry.name.split("-")[0] for entry in kept.iterdir()) == ["lock", "postgres"]


async def test_what_is_kept_and_of_no_use_is_made_anew(tmp_path: Path) -> None:
    kept = tmp_path / "environment"
    async with _run(tmp_path / "first") as (first, data, log):
        await initialise(first, data, log, kept)
    (found,) = kept.glob("postgres-*")
    (found / "global" / "pg_control").write_bytes(b"torn")
    (kept / f"{found.name}.partial").mkdir()
    async with _run(tmp_path / "second") as (second, data, log):
        await initialise(second, data, log, kept)
        assert _made(log)
        server = await postmaster(second, data, log)
        await server.stop()
    async with _run(tmp_path / "third") as (third, data, log):
        await initialise(third, data, log, kept)
        assert not _made(log)
    assert list(kept.glob("postgres-*")) == [found]


async def test_a_place_that_takes_nothing_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with _run(tmp_path / "run") as (installation, data, log):
        await initialise(installation, data, log, tmp_path / "file" / "var")
        assert _made(log)
        server = await postmaster(installation, data, log)
        await server.stop()


def test_the_place_is_in_the_virtual_environment_or_nowhere(tmp_path: Path) -> None:
    assert place(tmp_path) == tmp_path / "var" / "zerotouch"
    assert place(tmp_path / "absent") is None
