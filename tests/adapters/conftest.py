"""What the adapter suites share."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from portal.adapters.threads import Threads
from simulator.ssm.localstack import running as in_container
from simulator.ssm.moto import running
from tests.adapters.aws import Account, new_account
from tests.simulator.engines import images, opened


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    """A pool that is gone when the test is."""
    async with Threads(2, name="test") as pool:
        yield pool


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def moto(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """Moto's URL; tests keep apart by the names they use."""
    home = tmp_path_factory.mktemp("moto")
    async with running(home / "moto.log", home=home) as server:
        yield server.url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def localstack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """LocalStack's URL; skips without an engine."""
    directory = tmp_path_factory.mktemp("localstack")
    log = directory / "localstack.log"
    async with (
        opened(directory, "localstack") as engine,
        in_container(engine, images().localstack, log, region="ap-south-1") as server,
    ):
        yield server.url


@pytest.fixture
def account(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """Credentials in files of their own."""
    return new_account(tmp_path_factory.mktemp("aws"))
