"""What the adapter suites share."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest

from portal.adapters.threads import Threads
from simulator.ssm import localstack as container
from simulator.ssm import moto as child
from simulator.ssm.access.policy import EVERYTHING
from simulator.ssm.access.principals import Credential, Principal
from tests.adapters.aws import KEY_ID, SECRET_KEY, Account, new_account
from tests.simulator.engines import images, opened
from tests.simulator.ssm.background import Background
from tests.simulator.ssm.storages import HETZNER, S3, Storage
from tests.simulator.ssm.stores import ARN, REGION, Server


@dataclass(frozen=True)
class Cloud:
    """Where the simulated services answer; tests keep apart by the names they use."""

    ssm: str
    s3: str
    hetzner: str


def _cloud(background: Background, url: str) -> Cloud:
    credentials = {KEY_ID: Credential(SECRET_KEY, Principal(ARN, (EVERYTHING,)))}
    return Cloud(
        ssm=Server(background, url).store(credentials).url,
        s3=Storage(background, url, S3, credentials).url,
        hetzner=Storage(background, url, HETZNER, credentials).url,
    )


@pytest.fixture
async def threads() -> AsyncIterator[Threads]:
    """A pool that is gone when the test is."""
    async with Threads(2, name="test") as pool:
        yield pool


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Parameter Store and both storages as a world has them, in front of moto."""
    home = tmp_path_factory.mktemp("moto")
    with Background() as background:
        server = background.enter(lambda: child.running(home / "moto.log", home=home))
        yield _cloud(background, server.url)


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The same in front of LocalStack; skips without an engine."""
    directory = tmp_path_factory.mktemp("localstack")
    log = directory / "localstack.log"
    with Background() as background:
        engine = background.enter(lambda: opened(directory, "localstack"))
        server = background.enter(lambda: container.running(engine, images().localstack, log, region=REGION))
        yield _cloud(background, server.url)


@pytest.fixture
def account(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """Credentials in files of their own."""
    return new_account(tmp_path_factory.mktemp("aws"))
