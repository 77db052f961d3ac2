"""One process at a time works on a tenant, and its death frees the tenant."""

import asyncio
import sys
from pathlib import Path

import pytest

from portal.adapters.durable_file import WorkLock
from portal.adapters.journal import FileJournal
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey
from portal.errors import RefusedError

TENANT = TenantKey("identity-service", "dev")
HOLDER = """
import asyncio, sys
from pathlib import Path
from portal.adapters.journal import FileJournal
from portal.adapters.threads import Threads
from portal.core.facets import TenantKey

async def hold():
    async with Threads() as threads:
        journal = FileJournal(Path(sys.argv[1]), threads)
        async with journal.exclusive(TenantKey("identity-service", "dev")):
            print("held", flush=True)
            await asyncio.sleep(3600)

asyncio.run(hold())
"""


async def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path, threads: Threads) -> None:
    first, second = FileJournal(tmp_path, threads), FileJournal(tmp_path, threads)
    async with first.exclusive(TENANT):
        with pytest.raises(RefusedError, match="works on identity-service/dev"):
            async with second.exclusive(TENANT):
                pass
        async with second.exclusive(TenantKey("identity-service", "prod")):
            pass
    async with second.exclusive(TENANT):
        pass


async def test_the_death_of_the_holder_frees_the_tenant(tmp_path: Path, threads: Threads) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert child.stdout is not None
        async with asyncio.timeout(30):
            assert await child.stdout.readline() == b"held\n"
        journal = FileJournal(tmp_path, threads)
        with pytest.raises(RefusedError):
            async with journal.exclusive(TENANT):
                pass
    finally:
        child.kill()
        await child.wait()
    async with journal.exclusive(TENANT):
        pass


async def test_a_lock_file_is_no_journal(tmp_path: Path, threads: Threads) -> None:
    journal = FileJournal(tmp_path, threads)
    async with journal.exclusive(TENANT):
        assert await journal.tenants() == ()


def test_a_lock_released_before_its_thread_got_to_it_is_free_again(tmp_path: Path) -> None:
    path = tmp_path / "state" / "x.lock"
    early, later = WorkLock(path, "x"), WorkLock(path, "x")
    early.release()
    early.take()
    later.take()
    with pytest.raises(RefusedError):
        WorkLock(path, "x").take()
    later.release()
